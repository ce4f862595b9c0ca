"use strict";
(() => {
  const root = document.documentElement;
  const chinese = new Map(Object.entries(JSON.parse(document.getElementById("words").textContent)));
  const cards = [...document.querySelectorAll(".card")];
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  const nothing = document.getElementById("nothing");
  const language = document.getElementById("language");
  const chosen = { mark: new Set(), type: new Set() };
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const english = new Map();
  let haystacks;

  const say = (words) => (root.lang === "en" ? words : chinese.get(words) ?? words);

  function speak(lang) {
    root.lang = lang;
    for (const node of document.querySelectorAll("[data-t]")) {
      if (!english.has(node)) english.set(node, node.textContent);
      const words = say(english.get(node));
      if (node.textContent !== words) node.textContent = words;
    }
    for (const node of document.querySelectorAll("[data-t-label]")) {
      if (!english.has(node)) english.set(node, node.getAttribute("aria-label"));
      const words = say(english.get(node));
      node.setAttribute("aria-label", words);
      if (node.placeholder) node.placeholder = words;
    }
    const other = lang === "en" ? "zh-CN" : "en";
    language.lang = other;
    language.textContent = other === "en" ? "English" : "中文";
    document.title = [document.querySelector("h1").textContent, document.querySelector(".account code").textContent].join(" · ");
    tell();
  }

  function found(card) {
    haystacks ??= new Map(cards.map((one) => [one, plain([...one.querySelectorAll("h3, code, .text")].map((node) => node.textContent).join("\n"))]));
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    const marks = card.dataset.marks.split(" ");
    return (
      (!chosen.type.size || chosen.type.has(card.dataset.type)) &&
      (!chosen.mark.size || marks.some((mark) => chosen.mark.has(mark))) &&
      words.every((word) => haystacks.get(card).includes(word))
    );
  }

  function filter() {
    for (const card of cards) card.hidden = !found(card);
    tell();
  }

  function tell() {
    if (!search) return;
    const shown = cards.filter((card) => !card.hidden).length;
    nothing.hidden = shown > 0;
    const number = (value) => value.toLocaleString("en");
    count.textContent = say("{n} of {m} shown").replace("{n}", number(shown)).replace("{m}", number(cards.length));
  }

  function press(button) {
    const kind = button.dataset.mark ? "mark" : "type";
    const word = button.dataset[kind];
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", pressed);
    chosen[kind][pressed ? "add" : "delete"](word);
    filter();
  }

  function clear() {
    search.value = "";
    for (const kind of Object.values(chosen)) kind.clear();
    for (const button of document.querySelectorAll("[aria-pressed=true]")) button.setAttribute("aria-pressed", "false");
    filter();
    search.focus();
  }

  async function copy(button) {
    const code = button.parentElement.querySelector("code");
    const label = button.querySelector("[data-t]");
    const done = await written(code);
    label.textContent = say(done ? "Copied" : "Press Ctrl+C");
    setTimeout(() => (label.textContent = say("Copy")), 2000);
  }

  async function written(node) {
    try {
      await navigator.clipboard.writeText(node.textContent);
      return true;
    } catch {
      // A page that came over plain http has no clipboard; the older way works there.
      getSelection().selectAllChildren(node);
      return document.execCommand("copy");
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("copy")) copy(button);
    else if (button === language) speak(language.lang);
    else if (button.id === "clear") clear();
    else press(button);
  });
  document.addEventListener("keydown", (event) => {
    if (!search || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !event.target.closest("input")) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) clear();
  });
  search?.addEventListener("input", filter);

  root.classList.add("live");
  const wanted = navigator.languages.find((one) => /^(zh|en)\b/i.test(one)) ?? "en";
  speak(/^zh/i.test(wanted) ? "zh-CN" : "en");
})();
