// What is asked of the service from a form or a button: one at a time, so that a double click asks once; what went wrong is kept.
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** `run` does it unless something is being done already, and says whether it was done. */
export function useDoing() {
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const isOn = useRef(false);
  const run = async (what) => {
    if (isOn.current) return false;
    isOn.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await what();
      return true;
    } catch (error) {
      setProblem(error);
      return false;
    } finally {
      isOn.current = false;
      setBusy(false);
    }
  };
  return { problem, setProblem, isBusy, run };
}

const kept = new Map();

/** A state that outlives its view: what somebody writes is still there after a look at another tab. */
export function useKept(name, initial) {
  const [value, set] = useState(() => (kept.has(name) ? kept.get(name) : initial));
  const keep = (next) =>
    set((before) => {
      const found = typeof next === "function" ? next(before) : next;
      kept.set(name, found);
      return found;
    });
  return [value, keep];
}

/** Forget what was kept under names that begin so. */
export function forget(start) {
  for (const name of [...kept.keys()]) if (name.startsWith(start)) kept.delete(name);
}

/** Take the focus to what is opened, and back to where it was, or to `home`, when that is closed; returns the ref of its head. */
export function useFocus(home) {
  const head = useRef(null);
  // At once, and not after the next frame: whoever has gone on by then would be taken back.
  useLayoutEffect(() => {
    const before = document.activeElement;
    head.current?.focus();
    return () => {
      // A view that goes as a whole, when a tab is turned, takes the focus nowhere.
      setTimeout(() => {
        if (document.activeElement && document.activeElement !== document.body) return;
        (before?.isConnected && before !== document.body ? before : document.getElementById(home))?.focus();
      }, 0);
    };
  }, []);
  return head;
}
