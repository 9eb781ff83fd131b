// One line for each thing that happens, in the language of the page.
import { named, t } from "./words.js";

/** What an event says in a line; null where it is nothing to tell. */
export function heardOf(kind, data) {
  const { inject, message, alert, decision, clock } = data;
  if (kind === "message" && message) return t("news.message", { name: message.from?.name || teamOf(message), text: message.title || message.text });
  if (kind === "alert" && alert) return t("news.alert", { state: t(`alert.state.${alert.state}`), text: alert.headline });
  if (kind === "inject" && inject) return t("news.inject", { state: t(`inject.state.${inject.state}`), text: inject.title ?? inject.id });
  if (kind === "decision" && decision) return /alert$/.test(decision.kind) ? null : t("news.decision", { text: named("decision", decision.kind) });
  if (kind === "clock") return t("news.clock", { state: t(`state.${(clock ?? data).state}`) });
  return null;
}

const teamOf = (message) => message.from?.team ?? t("role.facilitator");
