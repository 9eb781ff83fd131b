// What an alert, and a decision about one, is called.
import { t } from "./words.js";

/** An order to sound sirens has no text: it is called by what it is. */
export const isOrder = (alert) => !alert.contents?.length && alert.channels?.length === 1 && alert.channels[0] === "siren";
export const titleOf = (alert) => alert.headline || (isOrder(alert) ? t("decision.order_sirens") : alert.id);

/** Of which alert a decision tells: events name it, its text is with the alerts. */
export function headlineOf({ kind, alert }, alerts) {
  const found = alerts.find((one) => one.id === alert?.id);
  return kind === "order_sirens" ? "" : alert?.headline || found?.headline || "";
}
