/** The tab of the lessons: a text, files to be changed, a check; in predict mode, first what one expects of it. */
import type { Exhibit, Goal, Report } from "../../../core/lessons/lesson.ts";
import { LESSONS } from "../../../core/lessons/lessons.ts";
import type { LessonsTab } from "../lessons/lessons-tab.ts";
import { markdown } from "./markdown.ts";
import { html, type Markup, NOTHING } from "./markup.ts";

export function lessonsTab(tab: LessonsTab): Markup {
  const { lesson } = tab;
  return html`<main class="lessons">
    <nav class="panel lesson-list" aria-label="Lessons"><ol>${LESSONS.map(
      ({ number, title }) =>
        html`<li><button data-do="lesson" data-name="${number}"${number === lesson.number && html` aria-current="true"`}><b>${number}</b> ${title}</button></li>`,
    )}</ol></nav>
    <article class="panel lesson-text" data-key="lesson-${lesson.number}"><h2 class="headline">${lesson.title}</h2>
      <p class="lesson-task">${lesson.task}.</p>${markdown(lesson.text)}
      <p><a class="button" href="#${lesson.watch}" data-do="watch-lesson">Watch it, packet by packet</a>
        ${lesson.extras !== undefined && html` <button data-do="lesson-extras">Open its capture</button>`}</p></article>
    <section class="panel lesson-work" aria-label="Your work" data-key="work-${lesson.number}">${work(tab)}</section>
  </main>`;
}

function work(tab: LessonsTab): Markup {
  const { lesson, predicting } = tab;
  const { files, mistakes, hints } = tab.work;
  return html`${Object.entries(files).map(
    ([name, text]) =>
      html`<label class="text"><span>${name}</span><textarea data-set="lesson-file" data-name="${name}" rows="${Math.min(14, text.split("\n").length + 1)}" spellcheck="false">${text}</textarea></label>`,
  )}
    <div class="sends"><button class="primary" data-do="check-lesson">Check</button><button data-do="hint-lesson">Hint</button>
      <button data-do="solve-lesson">Solution</button><button class="quiet" data-do="reset-lesson">Start again</button></div>
    <label class="switch"><input type="checkbox" data-set="predict-goals"${predicting && html` checked`}> Predict before the check tells</label>
    ${lesson.hints.slice(0, hints).map((hint, place) => html`<p class="hint-text"><b>Hint ${place + 1}.</b> ${hint}</p>`)}
    ${mistakes.length > 0 && html`<ul class="problems" role="alert">${mistakes.map((mistake) => html`<li>${mistake}</li>`)}</ul>`}
    <div aria-live="polite">${outcome(tab)}</div>`;
}

function outcome(tab: LessonsTab): Markup {
  const { report, guesses } = tab.work;
  if (report === undefined) return NOTHING;
  const { asked } = tab;
  if (asked !== undefined) return question(report, asked);
  const met = report.goals.every((goal) => goal.met);
  return html`<h3>Goals</h3><ul class="goals">${report.goals.map((goal, place) => goalLine(goal, guesses[place]))}</ul>
    ${tab.predicting && html`<p class="score">${tab.score} of ${report.goals.length} predicted rightly</p>`}
    ${met && html`<p class="lesson-why"><b>Well done.</b> ${tab.lesson.why.replace(/\s*\n\s*/g, " ")}</p>`}
    ${report.exhibits.map(exhibit)}
    <p><button class="quiet" data-do="save-lesson" title="As tapvs lesson check --json prints it">Save as JSON</button></p>`;
}

function question({ goals }: Report, asked: number): Markup {
  const goal = goals[asked];
  return html`<div class="asked"><h3>What do you expect? Goal ${asked + 1} of ${goals.length}</h3><p>${goal?.text ?? ""}</p>
    <div class="choices"><button data-do="guess-goal" data-name="${asked} yes">Will be met</button><button data-do="guess-goal" data-name="${asked} no">Will not</button></div></div>`;
}

const goalLine = ({ text, met, advice }: Goal, guess: boolean | undefined): Markup =>
  html`<li class="${met ? "good" : "bad"}"><b>${met ? "✓" : "✗"}</b> ${text}${guess !== undefined && html` <small>${guess === met ? "as you said" : "you said otherwise"}</small>`}${advice !== "" && html`<p>${advice}</p>`}</li>`;

const exhibit = ({ title, kind, lines }: Exhibit): Markup =>
  html`<h3>${title}</h3>${kind === "listing" ? html`<pre>${lines.join("\n")}</pre>` : html`<ul class="bullets">${lines.map((line) => html`<li>${line}</li>`)}</ul>`}`;
