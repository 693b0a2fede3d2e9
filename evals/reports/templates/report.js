"use strict";

const root = document.documentElement;
document.getElementById("theme").addEventListener("click", () => {
  const dark = getComputedStyle(root).colorScheme === "dark" ||
    (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
});

const { learners, questions, texts } = JSON.parse(document.getElementById("browsed").textContent);
const PAGE = 40;
let shown = PAGE;

/** An element with a class, holding texts or other elements; never markup. */
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

const filters = document.getElementById("filters");
const fields = {};
function choice(name, label, values) {
  const select = make("select", "", ...values.map(([value, text]) => new Option(text, value)));
  select.addEventListener("change", () => { shown = PAGE; draw(); });
  filters.append(make("label", "", label, select));
  fields[name] = select;
}
function choiceOf(name, label) {
  const values = [...new Set(questions.map((question) => question[name]))];
  choice(name, label, [["", "all"], ...values.map((value) => [value, value])]);
}
choice("learner", "Learner", learners.map((name, number) => [number, name]));
choice("verdict", "Verdict", ["", "right", "wrong", "stale", "abstained"].map((v) => [v, v || "all"]));
choiceOf("period", "Period");
choiceOf("kind", "Asked");
choiceOf("cohort", "Cohort");
choiceOf("form", "Form");
const search = make("input");
search.type = "search";
search.addEventListener("input", () => { shown = PAGE; draw(); });
filters.append(make("label", "", "Words", search));
filters.addEventListener("submit", (event) => event.preventDefault());

function matches(question, answer) {
  if (!answer) return false;
  if (fields.verdict.value && answer.verdict !== fields.verdict.value) return false;
  for (const name of ["period", "kind", "cohort", "form"]) {
    if (fields[name].value && question[name] !== fields[name].value) return false;
  }
  const words = search.value.trim().toLowerCase();
  return !words || `${question.question} ${answer.said}`.toLowerCase().includes(words);
}

function evidence(question, answer) {
  if (!answer.evidence.length) return make("span", "", "none shown");
  return make("ol", "", ...answer.evidence.map(([number, score]) => {
    const [docId, date, text] = texts[number];
    const states = question.gold_docs.includes(docId) ? " · states the answer"
      : question.stale_docs.includes(docId) ? " · states a superseded value" : "";
    return make("li", "", text, make("small", "", `${date || "undated"} · ${docId} · score ${score}${states}`));
  }));
}

function item(question, answer) {
  const said = answer.said || "(nothing)";
  const withheld = answer.verdict === "abstained" && answer.said ? `withheld: ${said}` : said;
  const summary = make("summary", "",
    make("span", `verdict ${answer.verdict}`, answer.verdict),
    make("span", "", question.question),
    make("span", "said", withheld));
  const terms = [
    ["Right", question.answers.join(" · ") || "to abstain"],
    ["Superseded", question.superseded.join(" · ") || "–"],
    ["Asked at", question.asked_at],
    ["Period", `${question.period} · ${question.kind} · ${question.cohort} · ${question.form}`],
    ["Confidence", answer.confidence === null ? "–" : String(answer.confidence)],
    ["Evidence", evidence(question, answer)],
    ["Id", question.id],
  ];
  const list = make("dl", "", ...terms.flatMap(([term, text]) => [make("dt", "", term), make("dd", "", text)]));
  return make("details", "one", summary, list);
}

function draw() {
  const learner = Number(fields.learner.value);
  const found = questions.filter((question) => matches(question, question.answered[learner]));
  document.getElementById("found").textContent = `${found.length} of ${questions.length} questions`;
  document.getElementById("list").replaceChildren(
    ...found.slice(0, shown).map((question) => item(question, question.answered[learner])));
  document.getElementById("more").hidden = found.length <= shown;
}
document.getElementById("more").addEventListener("click", () => { shown += PAGE; draw(); });
draw();
