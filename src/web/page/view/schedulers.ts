/** Who gets which session: a strip for each scheduler, a lane in it for each real server, all over the same sessions. */
import { sentence } from "../../../core/explain/sentences/sentences.ts";
import { listed } from "../../../core/explain/sentences/words.ts";
import { SCHEDULER_NAMES } from "../../../core/ipvs/schedulers/schedulers.ts";
import type { Assignment } from "../../../core/simulator/sessions.ts";
import { LENGTHS, type Length, MOST_SERVERS, MOST_SESSIONS, type SchedulersTab } from "../schedulers/schedulers-tab.ts";
import { flag, html, type Markup, NOTHING } from "./markup.ts";
import { SCHEDULER_WORDS } from "./settings.ts";

const LENGTH_WORDS: Readonly<Record<Length, string>> = {
  open: "all stay open",
  equal: "all equally short",
  mixed: "every third one long",
};

export function schedulersTab(tab: SchedulersTab): Markup {
  const { weights, schedulers, sessions, lengths } = tab.setup;
  const { right, of } = tab.score;
  return html`<main class="schedulers">
    <section class="panel who" aria-label="Who gets which session">
      <h2 class="headline">${sessions} sessions, ${weights.length} servers, weights ${listed(weights.map(String))}: who gets which?</h2>
      <p class="hint">The same sessions for each scheduler; ${LENGTH_WORDS[lengths]}. The outlined one comes next: what do you expect? Click a lane, then press <kbd>→</kbd>.${of > 0 && html` <b>${right} of ${of} right.</b>`}</p>
      <div class="strips">${schedulers.map((name) => strip(tab, name))}</div>
      ${legend(weights)}${reason(tab)}
    </section>
    <section class="panel strip-controls" aria-label="What is dealt out">${transport(tab)}${controls(tab)}</section>
  </main>`;
}

const legend = (weights: readonly number[]): Markup =>
  html`<ul class="legend">${weights.map((weight, place) => html`<li><i class="server-${place}"></i> rs${place + 1}, weight ${weight}</li>`)}</ul>`;

/** Of more sessions than these, the numbers stand below the lanes. */
const MOST_BESIDE = 14;

function strip(tab: SchedulersTab, name: string): Markup {
  const { weights, sessions } = tab.setup;
  const assignments = tab.assignmentsOf(name);
  const columns = Array.from({ length: sessions }, (_, session) => session);
  return html`<div class="strip${sessions > MOST_BESIDE ? " many" : ""}" data-key="${name}" style="--sessions: ${sessions}">
    <div class="strip-name"><b>${name}</b> <span>${SCHEDULER_WORDS[name] ?? ""}</span></div>
    <div class="lanes" role="group" aria-label="${name}">${columns.map((session) => column(tab, name, session, assignments[session]))}</div>
    <div class="shares">${weights.map((_, place) => share(assignments.slice(0, tab.shown), place))}</div>
    ${load(assignments, tab)}
  </div>`;
}

/** The sessions that a server got: `1 3 4 6 7`. */
function share(assignments: readonly Assignment[], place: number): Markup {
  const mine = assignments.flatMap(({ server }, session) => (server === place ? [session + 1] : []));
  return html`<span class="server-${place}">${mine.join(" ") || "none"}</span>`;
}

/** A session: in the lane of its server, or to be guessed, or yet to come. */
function column(tab: SchedulersTab, name: string, session: number, assignment: Assignment | undefined): Markup {
  const { weights } = tab.setup;
  if (session > tab.shown) return html`<span class="session coming"></span>`;
  if (session === tab.shown) {
    const guess = tab.guessOf(name, session);
    return html`<span class="session next" aria-label="session ${session + 1} comes next">${weights.map((_, place) => {
      const chosen = guess === place;
      return html`<button data-do="guess-session" data-name="${name} ${place}" class="server-${place}" aria-pressed="${chosen ? "true" : "false"}" aria-label="session ${session + 1} by ${name}: rs${place + 1}?">${chosen ? `${session + 1}?` : "?"}</button>`;
    })}</span>`;
  }
  const server = assignment?.server ?? -1;
  const guess = tab.guessOf(name, session);
  const verdict = guess === undefined ? "" : guess === server ? " met" : " missed";
  const told = tab.told?.scheduler === name && tab.told.session === session;
  const text = server < 0 ? `session ${session + 1}: nobody` : `session ${session + 1}: rs${server + 1}`;
  return html`<span class="session"><button class="${server < 0 ? "nobody" : `server-${server}`}${verdict}" style="--lane: ${Math.max(0, server) + 1}" data-do="why-session" data-name="${name} ${session}" aria-pressed="${told ? "true" : "false"}" aria-label="${text}" title="${text}; click to see why">${session + 1}</button></span>`;
}

const LOAD_HEIGHT = 22;

/** Active connections of each server after each session, as steps. */
function load(assignments: readonly Assignment[], { shown, setup }: SchedulersTab): Markup {
  if (setup.lengths === "open") return NOTHING;
  const most = Math.max(1, ...assignments.flatMap(({ active }) => active));
  const lines = setup.weights.map((_, place) => {
    const points = assignments.slice(0, shown).map(({ active }, session) => {
      const y = LOAD_HEIGHT - ((active[place] ?? 0) / most) * (LOAD_HEIGHT - 3) - 1;
      return `${session},${y.toFixed(1)} ${session + 1},${y.toFixed(1)}`;
    });
    return html`<polyline class="server-${place}" points="${points.join(" ")}"/>`;
  });
  return html`<svg class="load" viewBox="0 0 ${setup.sessions} ${LOAD_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Active connections, at most ${most}">${lines}</svg><small class="load-words">active, up to ${most}</small>`;
}

/** Why a session went where it went, in the scheduler's own numbers. */
function reason(tab: SchedulersTab): Markup {
  const { told } = tab;
  if (told === undefined || told.session >= tab.shown) return NOTHING;
  const { scheduled } = tab.assignmentsOf(told.scheduler)[told.session] ?? {};
  if (scheduled === undefined) return NOTHING;
  return html`<p class="reason" aria-live="polite"><b>Session ${told.session + 1} by ${told.scheduler}.</b> ${sentence(scheduled)}</p>`;
}

function transport({ shown, setup: { sessions } }: SchedulersTab): Markup {
  const button = (label: string, to: number, text: string, key: string): Markup =>
    html`<button data-do="session-go" data-name="${to}" aria-label="${label}" title="${label}${key}">${text}</button>`;
  return html`<div class="transport" role="group" aria-label="Sessions">
    ${button("None yet", 0, "Start", " (Home)")}${button("One session back", shown - 1, "Back", " (←)")}
    <button class="primary" data-do="session-go" data-name="${shown + 1}" title="The next session (→)">Next session</button>${button("All sessions", sessions, "All", " (End)")}
    <output>${shown} of ${sessions} have begun</output></div>`;
}

function controls({ setup }: SchedulersTab): Markup {
  const { schedulers, weights, sessions, lengths, clients, firstAddedFirst } = setup;
  const order = firstAddedFirst ? "first" : "last";
  return html`<div class="fields">
    <div class="field" role="group" aria-label="Schedulers"><span>Schedulers</span><div class="names">${SCHEDULER_NAMES.map((name) => html`<button data-do="strip" data-name="${name}" aria-pressed="${schedulers.includes(name) ? "true" : "false"}" title="${SCHEDULER_WORDS[name] ?? name}">${name}</button>`)}</div></div>
    <label class="field"><span>Real servers</span><input type="number" data-set="strip-servers" value="${weights.length}" min="1" max="${MOST_SERVERS}" inputmode="numeric"></label>
    <div class="field" role="group" aria-label="Weights"><span>Weights</span><div class="weights">${weights.map((weight, place) => html`<label><span>rs${place + 1}</span><input type="number" data-set="strip-weight" data-place="${place}" value="${weight}" min="0" max="100" inputmode="numeric"></label>`)}</div></div>
    <label class="field"><span>Sessions</span><input type="number" data-set="strip-sessions" value="${sessions}" min="1" max="${MOST_SESSIONS}" inputmode="numeric"></label>
    <label class="field"><span>How long</span><select data-set="strip-lengths">${LENGTHS.map((length) => html`<option value="${length}"${flag("selected", length === lengths)}>${LENGTH_WORDS[length]}</option>`)}</select></label>
    <label class="field"><span>Clients</span><select data-set="strip-clients">${[1, 2, 3, 5, MOST_SESSIONS].map((count) => html`<option value="${count}"${flag("selected", count === clients)}>${count === MOST_SESSIONS ? "one for each session" : count}</option>`)}</select></label>
    <label class="field"><span>rs1 is added</span><select data-set="strip-order">${["last", "first"].map((value) => html`<option value="${value}"${flag("selected", value === order)}>${value}</option>`)}</select></label>
  </div>
  <p class="hint">The kernel puts each new server at the head of its list and walks the list from there: the order in which servers were added decides which comes first. With wrr and weights 2 and 1, the sessions are 1 3 4 6 7 and 2 5 8 if the lighter server was added first, as here at first. Try the other order.</p>`;
}
