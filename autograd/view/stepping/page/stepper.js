// The stepper in a browser: mount(container, description) shows a story and lets it be walked through.
//
// One plain script without imports, exports, network or eval: pages hold it inline, and the widget's module ends with
// an export of its own. `description` is what as_data(story) gives, with
//   position  where to begin,
//   picture   the text of the SVG; without it the SVG is read from the container's <img>,
//   inside    descriptions of folded boxes that open, by their places,
//   style     the style sheet, where the page does not hold it yet.
// Everything a user wrote enters the document as text, never as markup.

const PHASES = { forward: "forward", seed: "backward", backward: "backward", done: "done" };
const PACE = 1600; // milliseconds a step, at speed 1

function mount(container, description, moved = () => {}, leave = null) {
  const steps = description.steps.length ? description.steps : [{ phase: "done", title: description.title, box: -1 }];
  const last = steps.length - 1;
  const svg = pictureOf(container, description);
  const picture = drawing(svg, description, steps);
  const face = faceOf(description, steps, svg, leave);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let position = -1;
  let timer = null;

  function seek(wanted) {
    const k = Math.min(Math.max(Math.trunc(wanted) || 0, 0), last);
    if (k === position) return;
    const far = Math.abs(k - position) > 1;
    position = k;
    picture.show(k);
    face.show(k);
    follow(face.frame, picture.area(steps[k]), far || calm.matches ? "auto" : "smooth");
    moved(k);
  }

  function play() {
    if (timer !== null || last === 0) return;
    if (position === last) seek(0);
    face.playing(true);
    const tick = () => {
      seek(position + 1);
      if (position === last) pause();
      else timer = setTimeout(tick, PACE / face.speed());
    };
    timer = setTimeout(tick, PACE / face.speed());
  }

  function pause() {
    clearTimeout(timer);
    timer = null;
    face.playing(false);
  }

  // By hand the user takes over: what was playing stops.
  const by = (move) => () => {
    pause();
    move();
  };
  const moves = {
    ArrowRight: by(() => seek(position + 1)),
    ArrowLeft: by(() => seek(position - 1)),
    Home: by(() => seek(0)),
    End: by(() => seek(last)),
    " ": () => (timer === null ? play() : pause()),
  };

  face.next.onclick = moves.ArrowRight;
  face.back.onclick = moves.ArrowLeft;
  face.first.onclick = moves.Home;
  face.last.onclick = moves.End;
  face.play.onclick = moves[" "];
  face.slider.oninput = () => by(() => seek(face.slider.valueAsNumber))();
  face.fit.onclick = () => {
    face.fitted(!face.root.hasAttribute("data-fit"));
    follow(face.frame, picture.area(steps[position]), "auto");
  };
  face.phases.onclick = face.list.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) by(() => seek(Number(button.dataset.step)))();
  };
  // To see the whole picture is an offer only where it does not fit anyway.
  const watcher = new ResizeObserver(() => {
    const { clientWidth, clientHeight } = face.frame;
    const { width, height } = svg.viewBox.baseVal;
    face.fit.hidden = !face.root.hasAttribute("data-fit") && width <= clientWidth && height <= clientHeight;
  });
  watcher.observe(face.frame);
  face.root.onkeydown = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const owner = event.target.closest("button, select, summary, [data-open]");
    const own = owner && (owner.tagName === "SELECT" || event.key === " "); // they have their own use for the key
    if (event.key === "Escape" && leave) leave();
    else if (Object.hasOwn(moves, event.key) && !own) moves[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  // A click on a box goes on to the next step about it: where it is computed, then where it receives.
  svg.addEventListener("click", (event) => {
    const box = Number(event.target.closest("[data-box]")?.dataset.box ?? NaN);
    if (description.inside?.[box]) return open(box);
    const about = steps.flatMap((step, k) => (step.box === box ? [k] : []));
    if (about.length) by(() => seek(about.find((k) => k > position) ?? about[0]))();
  });
  for (const group of svg.querySelectorAll("[data-open]")) {
    group.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(Number(group.dataset.box));
    };
  }

  function open(box) {
    pause();
    const inner = make("div", {});
    const close = () => {
      within.destroy();
      inner.remove();
      face.root.hidden = false;
      face.root.focus({ preventScroll: true });
    };
    container.append(inner);
    const within = mount(inner, { ...description.inside[box], outer: description.title }, () => {}, close);
    face.root.hidden = true;
    inner.firstElementChild.focus({ preventScroll: true });
  }

  container.replaceChildren(...(description.style ? [make("style", {}, description.style)] : []), face.root);
  seek(description.position ?? 0);
  return {
    seek,
    play,
    pause,
    next: () => seek(position + 1),
    back: () => seek(position - 1),
    get position() {
      return position;
    },
    destroy() {
      pause();
      watcher.disconnect();
      face.root.remove();
    },
  };
}

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function button(label, attributes, ...children) {
  return make("button", { type: "button", "aria-label": label, title: label, ...attributes }, ...children);
}

// Drawn, since the characters for these are missing from many fonts.
function icon(d) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS(svg.namespaceURI, "path");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  path.setAttribute("d", d);
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M5 3v10l7-5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
};

// ── the picture ──────────────────────────────────────────────────────────────────────────────────────────────────────

function pictureOf(container, description) {
  const text = description.picture ?? decoded(container.querySelector("img").src);
  const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  svg.removeAttribute("style"); // the frame scrolls instead
  for (const element of [svg, ...svg.querySelectorAll("[id]")]) element.removeAttribute("id"); // may be shown twice
  for (const box of Object.keys(description.inside ?? {})) {
    const group = svg.querySelector(`[data-box="${box}"]`);
    const label = `Open ${description.boxes[box]}`;
    for (const [key, value] of [["data-open", ""], ["tabindex", 0], ["role", "button"], ["aria-label", label]]) {
      group.setAttribute(key, value);
    }
  }
  return svg;
}

function decoded(address) {
  const bytes = Uint8Array.from(atob(address.split(",")[1]), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

// What the picture shows at every step. State is looked up by step, and only what differs is written.
function drawing(svg, description, steps) {
  const all = (selector) => [...svg.querySelectorAll(selector)];
  const boxes = new Map(all("[data-box]").map((group) => [Number(group.dataset.box), group]));
  const links = all("[data-link]").map((group) => {
    const { link, from, to } = group.dataset;
    return { group, link: Number(link), from: Number(from), to: Number(to) };
  });
  const rows = rowsOf(boxes, description.start, steps);
  const computed = new Map();
  const travelled = new Map();
  const spoke = new Map(); // folded boxes, which speak to all their operands in one step
  steps.forEach((step, k) => {
    if (step.phase === "forward") computed.set(step.box, k);
    else if (step.link !== undefined) travelled.set(step.link, k);
    else if (step.phase === "backward") spoke.set(step.box, k);
  });
  const [shift] = svg.querySelector("g[transform]")?.transform.baseVal ?? [];
  const places = new Map([...boxes].map(([box, group]) => [box, rectangle(group, shift)]));

  function show(k) {
    const step = steps[k];
    const lit = new Set(step.boxes);
    set(svg, "data-phase", step.phase);
    for (const { text, history } of rows) {
      const [since, shown] = history.findLast(([from]) => from <= k);
      if (text.firstChild.data !== shown) text.firstChild.data = shown;
      set(text, "data-fresh", since === k ? "" : null);
    }
    for (const [box, group] of boxes) {
      const waits = k < (computed.get(box) ?? -1);
      set(group, "data-state", box === step.box ? "current" : lit.has(box) ? "lit" : waits ? "waiting" : null);
      set(group, "aria-current", box === step.box ? "step" : null);
    }
    for (const { group, link, from, to } of links) {
      const between = to === step.box && lit.has(from);
      const now = link === step.link || (between && step.phase === "backward");
      const waits = k < (computed.get(to) ?? -1);
      const unheard = k < (travelled.get(link) ?? spoke.get(to) ?? steps.length - 1);
      set(group, "data-state", now ? "current" : between ? "lit" : waits ? "waiting" : null);
      set(group, "data-unheard", unheard ? "" : null);
    }
  }

  // Where to look: the box, and around it what it speaks with.
  function area(step) {
    const here = places.get(step.box);
    return here && { here, around: [step.box, ...(step.boxes ?? [])].map((box) => places.get(box)).filter(Boolean) };
  }
  return { show, area };
}

function rowsOf(boxes, start, steps) {
  const histories = new Map(start.map(([box, row, text]) => [`${box} ${row}`, [[-1, text]]]));
  steps.forEach((step, k) => {
    for (const [box, row, text] of step.shows ?? []) {
      const history = histories.get(`${box} ${row}`);
      if (history?.at(-1)[0] === k) history.pop(); // twice in one step: the later counts
      history?.push([k, text]);
    }
  });
  return [...histories].flatMap(([name, history]) => {
    const [box, row] = name.split(" ");
    const text = boxes.get(Number(box))?.querySelector(`[data-row="${row}"]`);
    return text?.firstChild ? [{ text, history }] : [];
  });
}

function set(element, name, value) {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

function rectangle(group, shift) {
  const sides = group.querySelector("rect");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(sides.getAttribute(name)));
  const [left, top] = [x + (shift?.matrix.e ?? 0), y + (shift?.matrix.f ?? 0)];
  return { left, top, right: left + width, bottom: top + height };
}

// Scrolls the frame, never the page, so that the box and its partners are in view; the box alone where they are apart.
// Where all is in view already it is told to stay, which ends a scroll that is still under way.
function follow(frame, area, behavior) {
  const svg = frame.firstElementChild;
  if (!area || !frame.clientWidth) return;
  const scale = svg.clientWidth / svg.viewBox.baseVal.width || 1;
  const target = {};
  let distance = 0; // in widths or heights of the frame
  for (const [start, end, size, scroll, go] of [
    ["left", "right", "clientWidth", "scrollLeft", "left"],
    ["top", "bottom", "clientHeight", "scrollTop", "top"],
  ]) {
    const room = frame[size];
    let low = scale * Math.min(...area.around.map((place) => place[start]));
    let high = scale * Math.max(...area.around.map((place) => place[end]));
    if (high - low > room - 48) [low, high] = [scale * area.here[start], scale * area.here[end]];
    const seen = low - 24 >= frame[scroll] && high + 24 <= frame[scroll] + room;
    target[go] = seen ? frame[scroll] : (low + high - room) / 2;
    distance = Math.max(distance, Math.abs(target[go] - frame[scroll]) / room);
  }
  frame.scrollTo({ ...target, behavior: distance < 2 ? behavior : "auto" });
}

// ── around the picture ───────────────────────────────────────────────────────────────────────────────────────────────

function faceOf(description, steps, svg, leave) {
  const face = {
    frame: make("div", { class: "picture" }, svg),
    fit: button("Show the whole picture", { class: "fit", "aria-pressed": "false" }, "Whole picture"),
    first: button("First step", {}, icon(ICONS.first)),
    back: button("Back one step", {}, icon(ICONS.back)),
    play: button("Play", { class: "play" }),
    next: button("Next step", {}, icon(ICONS.play)),
    last: button("Last step", {}, icon(ICONS.last)),
    slider: make("input", { type: "range", min: 0, max: steps.length - 1, step: 1, value: 0, "aria-label": "Step" }),
    phases: phasesOf(steps),
    list: make("ol", {}),
  };
  const pace = make("select", { "aria-label": "Speed", title: "Speed" });
  for (const speed of [0.5, 1, 2, 4, 8]) pace.append(new Option(`${speed}×`, speed, speed === 1, speed === 1));
  const card = cardOf(description, steps);
  const all = make("details", {}, make("summary", {}, `All ${steps.length.toLocaleString("en")} steps`), face.list);
  const spoken = make("div", { class: "spoken", "aria-live": "polite", "aria-atomic": "true" });
  const heading = [make("span", { class: "title" }, description.title), face.fit];
  if (leave) {
    const close = button(`Back to ${description.outer}`, {}, icon(ICONS.back), " Back");
    close.onclick = leave;
    heading.unshift(close);
  }
  face.root = make(
    "div",
    {
      class: "glassgrad-stepper",
      role: "group",
      tabindex: 0,
      "aria-label": `Step through: ${description.title}`,
      "aria-keyshortcuts": "ArrowLeft ArrowRight Home End Space",
      "data-lm-suppress-shortcuts": "true", // JupyterLab, whose arrow keys move between cells
    },
    make("div", { class: "heading" }, ...heading),
    face.frame,
    make("div", { class: "track" }, face.slider, face.phases),
    make("div", { class: "controls" }, face.first, face.back, face.play, face.next, face.last, pace, card.counter),
    card.element,
    all,
    spoken,
  );

  let marked = null;
  let shown = 0;
  const mark = () => {
    if (!all.open) return;
    if (!face.list.childElementCount) face.list.append(...steps.map(entryOf));
    marked?.removeAttribute("aria-current");
    marked = face.list.children[shown].firstElementChild;
    marked.setAttribute("aria-current", "step");
    const [list, entry] = [face.list, marked.parentElement];
    const above = entry.offsetTop - list.offsetTop;
    if (above < list.scrollTop || above + entry.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = above - list.clientHeight / 2;
    }
  };
  all.ontoggle = mark;

  face.show = (k) => {
    shown = k;
    const position = `Step ${k + 1} of ${steps.length}`;
    face.slider.value = k;
    face.slider.setAttribute("aria-valuetext", `${position}: ${steps[k].title}`);
    for (const end of [face.first, face.back]) set(end, "aria-disabled", k === 0 ? "true" : null);
    for (const end of [face.next, face.last]) set(end, "aria-disabled", k === steps.length - 1 ? "true" : null);
    for (const part of face.phases.children) {
      const { step, end } = part.dataset;
      set(part, "aria-current", Number(step) <= k && k <= Number(end) ? "true" : null);
    }
    card.show(k);
    mark();
    spoken.textContent = `${position}, ${card.text(k)}`;
  };
  face.playing = (yes) => {
    const name = yes ? "Pause" : "Play";
    face.play.replaceChildren(icon(yes ? ICONS.pause : ICONS.play), ` ${name}`);
    for (const attribute of ["aria-label", "title"]) set(face.play, attribute, name);
  };
  face.playing(false);
  face.speed = () => Number(pace.value);
  face.fitted = (yes) => {
    face.root.toggleAttribute("data-fit", yes);
    face.fit.setAttribute("aria-pressed", yes);
  };
  return face;
}

// The way forward and the way back, each as wide as it has steps.
function phasesOf(steps) {
  const parts = [];
  steps.forEach((step, k) => {
    const name = step.phase === "forward" ? "forward" : "backward";
    if (parts.at(-1)?.name === name) parts.at(-1).end = k;
    else parts.push({ name, start: k, end: k });
  });
  const buttons = parts.map(({ name, start, end }) => {
    const part = button(`Go to the start of the ${name} pass`, { "data-step": start, "data-end": end }, name);
    part.style.flexGrow = end - start + 1;
    return part;
  });
  return make("div", { class: "phases" }, ...buttons);
}

function entryOf(step, k) {
  const phase = make("span", { class: "phase", "data-phase": step.phase }, PHASES[step.phase]);
  const entry = make("button", { type: "button", "data-step": k }, `${k + 1}. `, phase, ` ${step.title}`);
  return make("li", {}, entry);
}

function cardOf(description, steps) {
  const parts = {};
  for (const name of ["phase", "title", "formula", "role", "note", "change", "site"]) {
    parts[name] = make(name === "phase" ? "span" : "div", { class: name });
  }
  const counter = make("span", { class: "counter" });
  const says = make("div", { class: "says" }, parts.phase, parts.title, parts.formula, parts.role, parts.note);
  const element = make("div", { class: "step" }, says, make("div", { class: "facts" }, parts.change, parts.site));
  const name = (step) => description.boxes?.[step.box] ?? "";
  const kind = (step) => (step.phase === "forward" ? "value" : "gradient");

  function show(k) {
    const step = steps[k];
    counter.textContent = `${k + 1} / ${steps.length}`;
    element.dataset.phase = step.phase;
    parts.phase.textContent = PHASES[step.phase];
    for (const key of ["title", "formula", "role", "note", "site"]) parts[key].textContent = step[key] ?? "";
    parts.change.replaceChildren();
    if (!step.after) return;
    parts.change.append(
      make("span", { class: "of" }, `${kind(step)} of ${name(step)}`),
      make("span", { class: "before" }, step.before || "—"),
      make("span", { class: "becomes", "aria-hidden": "true" }, " → "),
      make("span", { class: "after" }, step.after),
    );
  }

  function text(k) {
    const { phase, title, formula, role, note, before, after, site } = steps[k];
    const change = after ? `${kind(steps[k])} of ${name(steps[k])} from ${before || "nothing"} to ${after}` : "";
    return [PHASES[phase], title, formula, role, note, change, site].filter(Boolean).join(". ");
  }
  return { element, counter, show, text };
}
