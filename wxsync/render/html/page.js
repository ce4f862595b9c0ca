"use strict";
(() => {
  const PER_PAGE = 200;
  const MOST_KEPT = 1000;
  const MOST_ON_PAPER = 2000;
  const root = document.documentElement;
  const words = JSON.parse(document.getElementById("words").textContent);
  const language = document.getElementById("language");
  const at = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const number = (value) => value.toLocaleString("en");
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const english = new WeakMap();
  let clock;

  // ---- Words ----

  function say(key, facts = {}) {
    const said = words[key][root.lang === "en" ? 0 : 1];
    return said.replace(/\{(\w+)\}/g, (hole, name) => facts[name] ?? hole);
  }

  function put(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function translate(within) {
    for (const node of all("[data-t]", within)) put(node, say(node.dataset.t));
    for (const node of all("[data-zh]", within)) {
      if (!english.has(node)) english.set(node, node.textContent);
      put(node, root.lang === "en" ? english.get(node) : node.dataset.zh);
    }
    for (const node of all("[data-t-label]", within)) {
      node.setAttribute("aria-label", say(node.dataset.tLabel));
      if (node.placeholder) node.placeholder = say(node.dataset.tLabel);
    }
    for (const node of all("time", within)) {
      const moment = new Date(node.dateTime);
      if (!isNaN(moment)) put(node, clock.format(moment));
    }
  }

  function speak(lang) {
    root.lang = lang;
    clock = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
    kept.clear();
    const other = lang === "en" ? "zh-CN" : "en";
    language.lang = other;
    language.textContent = other === "en" ? "English" : "中文";
    translate(document);
    document.title = [document.querySelector("h1").textContent, document.querySelector(".account code").textContent].join(" · ");
    if (materials.length) show();
  }

  // ---- Materials: the list that a browser without scripts shows is text here, and is drawn where it is to be seen ----

  const ENTITIES = { amp: "&", lt: "<", gt: ">", "#39": "'", "#34": '"' };
  const unescaped = (text) => text.replace(/&(amp|lt|gt|#39|#34);/g, (_, name) => ENTITIES[name]);
  const HEAD = /^class="[^"]*" data-type="([^"]*)" data-marks="([^"]*)" data-size="(\d*)" data-at="([^"]*)" data-folder="([^"]*)"/;

  function read(source, index) {
    const [, type, marks, size, date, folder] = HEAD.exec(source);
    const start = source.indexOf("<h3><bdi>") + 9;
    const name = unescaped(source.slice(start, source.indexOf("</bdi>", start)));
    return { index, source, start, name, type, mark: marks.split(" "), size: Number(size), date, folder: unescaped(folder) };
  }

  const materials = (at("all")?.textContent ?? "").split("\n<li ").slice(1).map(read);
  const isPlan = document.body.dataset.order === "change";
  const weight = new Map(all("[data-mark]").map((chip, place) => [chip.dataset.mark, place]));
  const change = (one) => one.mark.reduce((least, mark) => (weight.get(mark) < weight.get(least) ? mark : least));

  function text(one) {
    const found = one.source.slice(one.start - 5).matchAll(/<bdi>([^<]*)<\/bdi>/g);
    return (one.text ??= plain(unescaped(Array.from(found, (each) => each[1]).join("\n"))));
  }

  function id(one, label) {
    // What was before stands before it.
    const last = one.source.slice(one.source.lastIndexOf('<div class="about">'));
    return unescaped(new RegExp(`<span>${label}</span> <code><bdi>([^<]*)`).exec(last)?.[1] ?? "");
  }

  const namesakes = new Map(materials.map((one) => [one.name, []]));
  for (const one of materials) namesakes.get(one.name).push(one);

  // What a button is of: two of one name are told apart, and so is what was before from what is after.
  function called(one, side) {
    const more = [];
    if (one.mark.includes("retired") && namesakes.get(one.name).length > 1) {
      const held = id(one, "media_id");
      const [, sha256] = /title="([0-9a-f]{12})/.exec(one.source.slice(one.start)) ?? [];
      more.push(say("mark.retired"), held ? `…${held.slice(-6)}` : `sha256 ${sha256}`);
    }
    if (side) more.push(say(side));
    return more.reduce((name, what) => say("called", { name, what }), one.name);
  }

  // ---- What is chosen: it stands in the address, which can be sent ----

  const DEFAULTS = { q: "", folder: "", sort: isPlan ? "change" : "folder", view: "gallery", page: 1 };
  const chosen = { ...DEFAULTS, mark: new Set(), type: new Set(), open: null };
  const picked = new Set();
  let found = [];
  let known = "";

  function readAddress() {
    known = location.hash;
    const said = new URLSearchParams(location.hash.slice(1));
    for (const key of ["q", "folder"]) chosen[key] = said.get(key) ?? "";
    for (const [key, kind] of [["state", "mark"], ["type", "type"]]) {
      chosen[kind] = new Set((said.get(key) ?? "").split(",").filter((word) => document.querySelector(`[data-${kind}="${CSS.escape(word)}"]`)));
    }
    chosen.sort = ["name", "date", "size"].find((key) => key === said.get("sort")) ?? DEFAULTS.sort;
    chosen.view = said.get("view") === "list" ? "list" : "gallery";
    chosen.page = Math.max(1, parseInt(said.get("page"), 10) || 1);
    chosen.open = namesakes.get(said.get("open"))?.[parseInt(said.get("nth"), 10) || 0] ?? null;
    at("search").value = chosen.q;
    at("sort").value = chosen.sort;
    const folder = at("folder");
    if (folder) {
      folder.value = chosen.folder;
      if (folder.selectedIndex < 0) folder.value = chosen.folder = "";
    } else chosen.folder = "";
  }

  function address() {
    const said = new URLSearchParams();
    for (const key of ["q", "folder", "sort", "view", "page"]) if (chosen[key] !== DEFAULTS[key]) said.set(key, chosen[key]);
    for (const [key, kind] of [["state", "mark"], ["type", "type"]]) if (chosen[kind].size) said.set(key, [...chosen[kind]].join(","));
    if (chosen.open) {
      said.set("open", chosen.open.name);
      const nth = namesakes.get(chosen.open.name).indexOf(chosen.open);
      if (nth) said.set("nth", nth);
    }
    return said.toString();
  }

  let writing;
  function writeAddress() {
    clearTimeout(writing);
    // Browsers stop listening to a page that changes its address with every key.
    writing = setTimeout(() => {
      // Whoever has gone to another address meanwhile means that one: it is read as soon as the browser tells of it.
      if (location.hash !== known) return;
      const said = address();
      if (said !== known.slice(1)) history.replaceState(null, "", said ? `#${said}` : location.pathname + location.search);
      known = location.hash;
    }, 100);
  }

  // ---- Finding ----

  const ORDERS = {
    name: (one, other) => names.compare(one.name, other.name) || one.index - other.index,
    date: (one, other) => (one.date < other.date ? 1 : one.date > other.date ? -1 : one.index - other.index),
    size: (one, other) => other.size - one.size || one.index - other.index,
  };
  const names = new Intl.Collator("zh", { numeric: true });
  const sorted = { [DEFAULTS.sort]: materials };

  function find() {
    const asked = plain(chosen.q).split(/\s+/).filter(Boolean);
    const folder = chosen.folder.slice(1);
    const counts = { mark: new Map(), type: new Map() };
    const count = (kind, word) => counts[kind].set(word, (counts[kind].get(word) ?? 0) + 1);
    found = (sorted[chosen.sort] ??= materials.toSorted(ORDERS[chosen.sort])).filter((one) => {
      if (chosen.folder && one.folder !== folder) return false;
      if (asked.length && !asked.every((word) => text(one).includes(word))) return false;
      const marked = !chosen.mark.size || one.mark.some((mark) => chosen.mark.has(mark));
      const typed = !chosen.type.size || chosen.type.has(one.type);
      // What a chip would show beside what the other chips let through.
      if (typed) for (const mark of one.mark) count("mark", mark);
      if (marked) count("type", one.type);
      return marked && typed;
    });
    for (const kind of ["mark", "type"]) {
      for (const chip of all(`[data-${kind}]:is(button)`)) {
        const word = chip.dataset[kind];
        const many = counts[kind].get(word) ?? 0;
        put(chip.querySelector("b"), number(many));
        chip.setAttribute("aria-pressed", chosen[kind].has(word));
        chip.classList.toggle("without", !many && !chosen[kind].has(word));
      }
    }
  }

  // ---- Drawing ----

  const nest = document.createElement("template");
  const kept = new Map();

  function made(some) {
    nest.innerHTML = some.map((one) => `<li ${one.source.slice(0, one.source.lastIndexOf("</li>"))}</li>`).join("");
    const nodes = [...nest.content.children];
    nodes.forEach((node, place) => dress(node, some[place]));
    return nodes;
  }

  // Most of what a key more or less in the search shows was shown before it.
  function drawn(some) {
    if (kept.size > MOST_KEPT) kept.clear();
    const missing = some.filter((one) => !kept.has(one.index));
    made(missing).forEach((node, place) => kept.set(missing[place].index, node));
    return some.map((one) => kept.get(one.index));
  }

  function element(tag, attributes, ...content) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...content);
    return node;
  }

  function dress(node, one) {
    node.dataset.index = one.index;
    if (picked.has(one.index)) node.classList.add("picked");
    const name = called(one);
    const pick = element("input", { type: "checkbox", class: "pick", "aria-label": say("select", { name }) });
    pick.checked = picked.has(one.index);
    node.prepend(pick);
    const shots = node.querySelector(".shots");
    if (shots) {
      const open = element("button", { type: "button", class: "open", "aria-label": say("open", { name }) });
      shots.replaceWith(open);
      open.append(shots);
    } else node.querySelector("video").after(element("button", { type: "button", class: "open words", "aria-label": say("open", { name }) }, "⤢"));
    for (const player of all("audio, video", node)) player.setAttribute("aria-label", name);
    for (const line of all(".id", node)) {
      const code = line.querySelector("code");
      const side = line.parentNode.querySelector("h4")?.dataset.t;
      line.append(copier(line.firstElementChild.textContent, code.textContent, called(one, side)));
    }
    const label = id(one, "media_id") ? "media_id" : "url";
    const value = id(one, label);
    if (value) node.querySelector(".head").append(element("p", { class: "quick" }, copier(label, value, name, say("copy.label", { label }))));
    translate(node);
  }

  function copier(label, value, name, shown = say("copy")) {
    const button = element("button", { type: "button", class: "copy", "aria-label": say("copy.of", { label, name }) }, shown);
    Object.assign(button.dataset, { value, label, name });
    return button;
  }

  const GROUPS = {
    folder: (one) => one.folder,
    change,
  };
  const HEADINGS = {
    folder: (key) => document.createTextNode(key || say("here")),
    change: (key) => document.createTextNode(say(`mark.${key === "in-step" ? "in step" : key}`)),
  };

  function groups(some) {
    const key = GROUPS[chosen.sort] ?? (() => null);
    const parts = new Map();
    for (const one of some) parts.has(key(one)) ? parts.get(key(one)).push(one) : parts.set(key(one), [one]);
    return parts;
  }

  function section(key, some, many, isAlone) {
    const heading = element("h2", {});
    const list = element("ul", { class: "items", role: "list" }, ...drawn(some));
    if (key === null || (isAlone && chosen.sort === "folder")) {
      heading.className = "unseen";
      heading.append(say("materials"));
    } else heading.append(HEADINGS[chosen.sort](key), " ", element("b", {}, number(many)));
    if (key !== "rename" || isAlone) return element("section", { class: "group" }, heading, list);
    return element("details", { class: "group" }, element("summary", {}, heading), list);
  }

  function draw(some) {
    const whole = groups(found);
    const sections = Array.from(groups(some), ([key, part]) => section(key, part, whole.get(key).length, whole.size === 1));
    at("drawn").className = chosen.view;
    at("drawn").replaceChildren(...sections);
  }

  function show() {
    find();
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    chosen.page = Math.min(chosen.page, pages);
    draw(found.slice((chosen.page - 1) * PER_PAGE, chosen.page * PER_PAGE));
    at("nothing").hidden = found.length > 0;
    put(at("count"), say("shown", { shown: number(found.length), total: number(materials.length) }));
    at("pages").hidden = pages === 1;
    put(at("page"), say("page", { page: number(chosen.page), pages: number(pages) }));
    for (const button of all("[data-step]")) button.disabled = Number(button.dataset.step) < 0 ? chosen.page === 1 : chosen.page === pages;
    for (const button of all("[data-view]")) button.setAttribute("aria-pressed", button.dataset.view === chosen.view);
    tellPicked();
    enlarge();
    writeAddress();
  }

  function narrow(changes) {
    Object.assign(chosen, { page: 1 }, changes);
    show();
  }

  // ---- One at large ----

  function enlarge() {
    const dialog = at("large");
    if (!chosen.open) return dialog.open && dialog.close();
    const [node] = made([chosen.open]);
    const card = element("div", { class: node.className });
    card.append(...node.childNodes);
    card.dataset.index = chosen.open.index;
    card.querySelector("h3").id = "large-name";
    card.querySelector(".pick").remove();
    card.querySelector(".quick")?.remove();
    const open = card.querySelector(".open");
    open.replaceWith(...open.querySelectorAll(".shots"));
    for (const picture of all("img", card)) tellSize(picture);
    const focused = dialog.open ? document.activeElement : null;
    at("inside").replaceChildren(card);
    if (!dialog.open) dialog.showModal();
    focused?.focus();
  }

  // The page holds no large picture whole.
  async function tellSize(picture) {
    await picture.decode().catch(() => null);
    const { naturalWidth: width, naturalHeight: height } = picture;
    if (!(width && width < picture.dataset.width)) return;
    picture.after(element("p", { class: "soft" }, say("scaled", { size: `${width} × ${height}` })));
  }

  function turn(step) {
    const place = found.indexOf(chosen.open) + step;
    if (found[place]) open(found[place]);
  }

  function open(one) {
    chosen.open = one;
    enlarge();
    writeAddress();
  }

  // ---- Selecting and copying ----

  function tellPicked() {
    at("chosen").hidden = !picked.size;
    put(at("selected"), say("selected", { count: number(picked.size) }));
  }

  function pick(index, wanted) {
    picked[wanted ? "add" : "delete"](index);
    const node = kept.get(index);
    if (!node) return;
    node.classList.toggle("picked", wanted);
    node.querySelector(".pick").checked = wanted;
  }

  async function copy(button) {
    const { label, name, value } = button.dataset;
    const shown = button.textContent;
    const done = await written(value);
    button.textContent = say(done ? "copied" : "press");
    button.setAttribute("aria-label", done ? say("copied.of", { label, name }) : say("press"));
    setTimeout(() => {
      button.textContent = shown;
      button.setAttribute("aria-label", say("copy.of", { label, name }));
    }, 2000);
  }

  async function copyPicked(button) {
    const values = materials.filter((one) => picked.has(one.index)).map((one) => id(one, button.dataset.copy)).filter(Boolean);
    const done = await written(values.join("\n"));
    button.textContent = say(done ? "copied" : "press");
    setTimeout(() => (button.textContent = say(button.dataset.t)), 2000);
  }

  async function written(value) {
    try {
      await navigator.clipboard.writeText(value);
      return true;
    } catch {
      // A page that came over plain http has no clipboard; the older way works there.
      const focused = document.activeElement;
      const field = element("textarea", { class: "unseen" });
      field.value = value;
      (focused.closest("dialog") ?? document.body).append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      focused.focus();
      return done;
    }
  }

  // ---- Listening ----

  const PRESSED = [
    ["#language", () => speak(language.lang)],
    [".copy", copy],
    [".open", (button) => open(materials[button.closest("[data-index]").dataset.index])],
    ["[data-mark], [data-type]:is(button)", toggle],
    ["[data-view]", (button) => narrow({ view: button.dataset.view, page: chosen.page })],
    ["[data-step]", (button) => {
      narrow({ page: chosen.page + Number(button.dataset.step) });
      at("list").scrollIntoView();
    }],
    ["[data-turn]", (button) => turn(Number(button.dataset.turn))],
    ["#close", () => at("large").close()],
    ["#clear", clear],
    ["[data-copy]", copyPicked],
    ["#all-shown", () => {
      for (const one of found) pick(one.index, true);
      tellPicked();
    }],
    ["#none", () => {
      for (const index of picked) pick(index, false);
      tellPicked();
      at("search").focus();
    }],
  ];

  function toggle(chip) {
    const kind = chip.dataset.mark ? "mark" : "type";
    const word = chip.dataset[kind];
    chosen[kind][chosen[kind].has(word) ? "delete" : "add"](word);
    narrow({});
  }

  function clear() {
    history.replaceState(null, "", "#");
    const { view, sort } = chosen;
    readAddress();
    at("sort").value = sort;
    narrow({ view, sort });
    at("search").focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const [, press] = (button && PRESSED.find(([selector]) => button.matches(selector))) ?? [];
    press?.(button);
  });

  root.classList.add("live");
  if (materials.length) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (at("large").open) {
        if (event.target.closest("audio, video")) return;
        if (event.key === "ArrowLeft") turn(-1);
        if (event.key === "ArrowRight") turn(1);
      } else if (event.key === "/" && !event.target.closest("input:not([type=checkbox]), select")) {
        event.preventDefault();
        at("search").focus();
      } else if (event.key === "Escape" && event.target === at("search")) clear();
    });
    document.addEventListener("change", (event) => {
      if (event.target.matches(".pick")) {
        pick(Number(event.target.closest("[data-index]").dataset.index), event.target.checked);
        tellPicked();
      } else if (event.target === at("sort")) narrow({ sort: event.target.value });
      else if (event.target === at("folder")) narrow({ folder: event.target.value });
    });
    at("search").addEventListener("input", () => narrow({ q: at("search").value }));
    at("large").addEventListener("close", () => {
      const last = chosen.open;
      chosen.open = null;
      writeAddress();
      if (last) document.querySelector(`#drawn [data-index="${last.index}"] .open`)?.focus();
    });
    addEventListener("hashchange", () => {
      readAddress();
      show();
    });
    addEventListener("beforeprint", () => {
      draw(found.slice(0, MOST_ON_PAPER));
      for (const group of all("details")) group.open = true;
    });
    addEventListener("afterprint", show);
    readAddress();
  }
  const wanted = navigator.languages.find((one) => /^(zh|en)\b/i.test(one)) ?? "en";
  speak(/^zh/i.test(wanted) ? "zh-CN" : "en");
})();
