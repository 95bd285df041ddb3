"use strict";
// The page is whole without this script, which shows one scene at a time and follows it in the drawing.
{
const find = (id) => document.getElementById(id);
const { scenes, backwardAt, interval } = JSON.parse(find("data").textContent);
const articles = [...document.querySelectorAll("#scenes > .scene")];
const svg = document.querySelector("#picture svg");  // null where there was no Graphviz to draw it
let current = 0;
let playing = null;

// -- the gradients in the drawing: in every scene those that are known by then ---------------------

const values = svg ? [...svg.querySelectorAll(".value")] : [];
const live = new Map(values.map((value) => {  // the final gradient stays in the page, to be printed
  const final = value.querySelector(".grad");
  const shown = final.cloneNode();
  final.classList.add("final");
  shown.classList.add("live");
  final.after(shown);
  const title = value.querySelector("title");  // its name to a screen reader, and what hovering shows
  return [value.id, { shown, title, about: title.textContent }];
}));

function showGradients(upTo) {
  const known = new Map(scenes.slice(0, upTo + 1).flatMap((scene) => scene.gradients)
    .map(([place, text, complete]) => [`node${place}`, { text, complete }]));
  for (const value of values) {
    const { text, complete } = known.get(value.id) ?? { text: "not yet", complete: true };
    const { shown, title, about } = live.get(value.id);
    shown.textContent = text;
    shown.classList.toggle("partial", !complete);
    title.textContent = `${about}, gradient ${text}`;
  }
}

function highlight(scene) {
  svg.querySelectorAll(".current, .received").forEach((part) => part.classList.remove("current", "received"));
  svg.classList.remove("forward", "start", "backward");
  svg.classList.add(scene.phase);
  const ids = scene.phase === "start" ? "" : `, #gate${scene.place}, #out${scene.place}, [id^="edge${scene.place}-"]`;
  const parts = [...svg.querySelectorAll(`#node${scene.place}${ids}`)]
    .filter((part) => scene.phase === "forward" || !find(`const${part.id.slice(4)}`));  // an edge4-0 from const4-0
  parts.forEach((part) => part.classList.add("current"));
  const inputs = scene.phase === "start" ? [] : scene.inputs.map((place) => find(`node${place}`)).filter(Boolean);
  if (scene.phase === "backward") inputs.forEach((value) => value.classList.add("received"));
  return [find(`gate${scene.place}`) ?? parts[0], ...parts, ...inputs];
}

// -- one scene ------------------------------------------------------------------------------------

function show(index) {
  current = Math.max(0, Math.min(scenes.length - 1, index));
  articles.forEach((article, at) => { article.hidden = at !== current; });
  find("slider").value = current;
  find("slider").setAttribute("aria-valuetext", `step ${current + 1} of ${scenes.length}`);
  find("counter").textContent = `${current + 1} / ${scenes.length}`;
  const said = [...articles[current].querySelectorAll("h3, .big, .reason, .numbers, .total")].map((part) => part.textContent);
  find("announcement").textContent = said.join("; ");
  if (svg) {
    showGradients(current);
    reveal(highlight(scenes[current]));
  }
  if (playing && current === scenes.length - 1) pause();
}

function pause() {
  clearInterval(playing);
  playing = null;
  find("play").textContent = "Play";
}

function play() {
  if (current === scenes.length - 1) show(0);
  playing = setInterval(() => show(current + 1), interval);
  find("play").textContent = "Pause";
}

const commands = {
  first: () => show(0),
  back: () => show(current - 1),
  play: () => (playing ? pause() : play()),
  forward: () => show(current + 1),
  backward: () => show(backwardAt),
  last: () => show(scenes.length - 1),
};
for (const [id, run] of Object.entries(commands)) {
  find(id).addEventListener("click", () => {
    if (playing && id !== "play") pause();
    run();
  });
}
find("slider").addEventListener("input", (event) => show(Number(event.target.value)));

const keys = { ArrowLeft: "back", ArrowRight: "forward", " ": "play", Home: "first", End: "last" };
document.addEventListener("keydown", (event) => {
  const id = keys[event.key];
  if (event.target.closest(".chain, .text-picture")) return;  // they scroll by these keys
  if (!id || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (event.key === " " ? event.target.closest("button, summary") : event.target === find("slider")) return;
  event.preventDefault();
  find(id).click();
});

// -- the explanation of one value -----------------------------------------------------------------

const explanations = [...document.querySelectorAll("#explanations details")];
document.querySelectorAll(".chain").forEach((chain) => { chain.tabIndex = 0; });  // a long line scrolls by keys

function explain(value) {
  explanations.forEach((explanation) => { explanation.hidden = true; });
  const chosen = find(value.id.replace("node", "explain"));
  if (!chosen) return;
  chosen.hidden = false;
  chosen.open = true;
  chosen.querySelector("summary").focus();
}

function walkTo(value) {  // one stop for the tab key; the up and down keys go on from there
  values.forEach((other) => other.setAttribute("tabindex", other === value ? "0" : "-1"));
}

for (const [at, value] of values.entries()) {
  value.setAttribute("role", "button");
  value.addEventListener("click", () => explain(value));  // a drag, captured below, is no click
  value.addEventListener("keydown", (event) => {
    const next = { ArrowUp: at - 1, ArrowDown: at + 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") explain(value);
    else if (values[next]) {
      walkTo(values[next]);
      values[next].focus({ preventScroll: true });
      reveal([values[next]]);
    } else return;
    event.preventDefault();
  });
}

// -- the window on the drawing: a point of it in the middle, and how many pixels a unit takes -----

const view = { x: 0, y: 0, zoom: 1 };
const whole = svg ? { width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height } : null;

const within = (middle, seen, all) => (seen >= all ? all / 2 : Math.min(Math.max(middle, seen / 2), all - seen / 2));

function look() {
  const width = svg.clientWidth / view.zoom, height = svg.clientHeight / view.zoom;
  view.x = within(view.x, width, whole.width);
  view.y = within(view.y, height, whole.height);
  svg.setAttribute("viewBox", `${view.x - width / 2} ${view.y - height / 2} ${width} ${height}`);
}

function fit(smallest = 0) {
  const zoom = Math.min(svg.clientWidth / whole.width, svg.clientHeight / whole.height, 1.5);
  Object.assign(view, { x: whole.width / 2, y: whole.height / 2, zoom: Math.max(zoom, smallest) });
  look();
}

function zoomBy(factor, atX = svg.clientWidth / 2, atY = svg.clientHeight / 2) {
  const zoom = Math.min(8, Math.max(0.05, view.zoom * factor));
  const moved = 1 / view.zoom - 1 / zoom;  // what is under the pointer stays there
  view.x += (atX - svg.clientWidth / 2) * moved;
  view.y += (atY - svg.clientHeight / 2) * moved;
  view.zoom = zoom;
  look();
}

let revealed = [];

// Moves the window where the parts are not all seen; where they are too far apart for it, to the first.
function reveal(parts) {
  revealed = parts;
  look();
  if (!parts.length || !svg.clientWidth) return;
  const frame = svg.getBoundingClientRect();
  const boxes = parts.map((part) => part.getBoundingClientRect());
  const shift = (start, end, size) => {
    let from = Math.min(...boxes.map((box) => box[start])), to = Math.max(...boxes.map((box) => box[end]));
    if (to - from > frame[size]) [from, to] = [boxes[0][start], boxes[0][end]];
    return from < frame[start] || to > frame[end] ? (from + to - frame[start] - frame[end]) / 2 : 0;
  };
  view.x += shift("left", "right", "width") / view.zoom;
  view.y += shift("top", "bottom", "height") / view.zoom;
  look();
}

const READABLE = 1;  // the zoom at which a name is 12 pixels high

function watchDrawing() {
  const fingers = new Map();
  let dragged = false;
  const distance = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const frame = svg.getBoundingClientRect();
    zoomBy(Math.exp(-event.deltaY / 400), event.clientX - frame.left, event.clientY - frame.top);
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged = false;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const dx = event.clientX - before.x, dy = event.clientY - before.y;
    if (!dragged && Math.hypot(dx, dy) < 4) return;  // a click trembles, too
    if (!dragged) svg.setPointerCapture(event.pointerId);
    dragged = true;
    const apart = fingers.size === 2 ? distance() : 0;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (apart) zoomBy(distance() / apart);
    view.x -= dx / view.zoom / fingers.size;
    view.y -= dy / view.zoom / fingers.size;
    look();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
  find("closer").addEventListener("click", () => zoomBy(1.25));
  find("wider").addEventListener("click", () => zoomBy(0.8));
  find("fit").addEventListener("click", () => fit());
  new ResizeObserver(() => reveal(revealed)).observe(svg);  // a notebook sizes its frames late
  let seen;
  addEventListener("beforeprint", () => {
    seen = svg.getAttribute("viewBox");
    svg.setAttribute("viewBox", `0 0 ${whole.width} ${whole.height}`);
  });
  addEventListener("afterprint", () => svg.setAttribute("viewBox", seen));
}

document.documentElement.classList.add("scripted");
find("player").hidden = false;
if (svg) {
  svg.setAttribute("role", "group");
  find("zoom").hidden = find("hint").hidden = false;
  explanations.forEach((explanation) => { explanation.hidden = true; });
  if (values.length) walkTo(values[values.length - 1]);
  watchDrawing();
  fit(READABLE);
}
show(0);
}
