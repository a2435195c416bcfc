// Adds to a page that reads without it: theme, filters, code view. No request, no dependency.
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const data = (id) => {
    const script = document.getElementById(id);
    return script ? JSON.parse(script.textContent) : null;
  };

  // Theme: the system's, or the reader's choice.
  const root = document.documentElement;
  const button = $("#theme");
  const themes = ["system", "light", "dark"];
  const named = () => root.dataset.theme || "system";
  const label = () => { button.textContent = `Theme: ${named()}`; };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(named()) + 1) % themes.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("trueline-theme");
      else localStorage.setItem("trueline-theme", next);
    } catch {
      // Not remembered where storage is refused.
    }
    label();
  });

  // The navigation shows where the reader is.
  const links = new Map($$(".sections a").map((link) => [link.hash.slice(1), link]));
  if ("IntersectionObserver" in window) {
    const seen = new Set();
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) seen.add(entry.target.id);
        else seen.delete(entry.target.id);
      }
      let current = null;
      for (const [id, link] of links) {
        link.removeAttribute("aria-current");
        if (seen.has(id) && !current) current = link;
      }
      if (current) current.setAttribute("aria-current", "true");
    }, { rootMargin: "-130px 0px -55% 0px" });
    for (const id of links.keys()) {
      const section = document.getElementById(id);
      if (section) observer.observe(section);
    }
  }

  // A link to something folded opens it.
  const unfold = (element) => {
    for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };
  const arrive = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) {
      target.hidden = false;
      unfold(target);
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", arrive);
  addEventListener("beforeprint", () => {
    for (const details of $$("details")) details.open = true;
    for (const finding of $$(".finding")) finding.hidden = false;
  });

  // Findings: filter and sort.
  const form = $("#finding-filter");
  const list = $("#finding-list");
  const more = $("#finding-more");
  const PAGE = 20;
  let room = PAGE;
  const filter = () => {
    const wanted = new FormData(form);
    const words = wanted.get("q").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of order) {
      const fits = (wanted.get("all") || !one.less)
        && one.severity >= Number(wanted.get("severity"))
        && (!wanted.get("origin") || one.origin === wanted.get("origin"))
        && (!wanted.get("rule") || one.rule === wanted.get("rule"))
        && words.every((word) => one.text.includes(word));
      one.element.hidden = !fits || shown >= room;
      if (fits) shown += 1;
    }
    $("#finding-count").textContent = `${shown} of ${findings.length}`;
    more.hidden = shown <= room;
    more.textContent = `Show ${Math.min(shown - room, 100)} more of ${shown}`;
  };
  const sort = () => {
    const key = form.elements.sort.value;
    order = [...findings];
    if (key) order.sort((a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : a.index - b.index));
    list.append(...order.map((one) => one.element));
  };
  const findings = !list ? [] : $$(".finding", list).map((element, index) => ({
    element,
    index,
    severity: Number(element.dataset.severity),
    origin: element.dataset.origin,
    rule: element.dataset.rule,
    path: element.dataset.path,
    less: element.classList.contains("tier-all"),
    text: $("summary", element).textContent.toLowerCase(),
  }));
  let order = findings;
  if (form) {
    form.hidden = false;
    more.addEventListener("click", () => {
      room += 100;
      filter();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      room = PAGE;
      if (event.target.name === "sort") sort();
      filter();
    });
    filter();
  }
  // A reader who comes by a link sees its target whatever filters and folds say.
  arrive();

  // Code: a tree of files; a file is parsed and drawn only when it is opened, and of its lines only
  // those near the window.
  const files = data("files");
  if (!files) return;
  const looks = data("looks");
  const tree = $("#file-tree");
  const head = $("#file-head");
  const view = $("#file-text");
  const CHUNK = 200;
  const LINE = 20;
  const buttons = new Map();

  const badge = (count) => make("span", { class: "ff" }, String(count),
    make("span", { class: "vh" }, count === 1 ? " finding" : " findings"));
  const entry = (index, name) => {
    const file = files[index];
    const element = make("button", { type: "button", title: file.p }, make("span", { class: "fn" }, name));
    if (file.f.length) {
      element.append(badge(file.f.length));
    }
    element.append(make("span", { class: "fa" }, file.a));
    element.addEventListener("click", () => open(index, 0));
    buttons.set(index, element);
    if (index === current) element.setAttribute("aria-current", "true");
    return make("li", {}, element);
  };

  // Directories with one child are joined with it; a directory is filled when it is unfolded.
  const grow = (indices, depth) => {
    const list = make("ul");
    const below = new Map();
    const here = [];
    for (const index of indices) {
      const rest = files[index].p.slice(depth);
      const slash = rest.indexOf("/");
      if (slash < 0) here.push([rest, index]);
      else {
        const name = rest.slice(0, slash + 1);
        if (!below.has(name)) below.set(name, []);
        below.get(name).push(index);
      }
    }
    for (let [name, members] of below) {
      for (;;) {
        const at = depth + name.length;
        const slash = files[members[0]].p.indexOf("/", at);
        const next = slash < 0 ? "" : files[members[0]].p.slice(at, slash + 1);
        if (!next || !members.every((index) => files[index].p.startsWith(next, at))) break;
        name += next;
      }
      const prefix = files[members[0]].p.slice(0, depth + name.length);
      const marks = members.reduce((sum, index) => sum + files[index].f.length, 0);
      const summary = make("summary", {}, name);
      if (marks) summary.append(" ", badge(marks));
      const details = make("details", {}, summary);
      const fill = () => { if (details.open && !details.dataset.full) { details.dataset.full = "1"; details.append(grow(members, depth + name.length)); } };
      details.addEventListener("toggle", fill);
      details.reach = (path) => {
        if (!path.startsWith(prefix)) return;
        details.open = true;
        fill();
      };
      if (members.length <= 12 && depth === 0 && below.size <= 4) { details.open = true; fill(); }
      list.append(make("li", {}, details));
    }
    for (const [name, index] of here) list.append(entry(index, name));
    return list;
  };
  let current = -1;
  const everything = files.map((_, index) => index);
  const draw = (query) => {
    buttons.clear();
    tree.replaceChildren();
    if (!query) {
      tree.append(grow(everything, 0));
      return;
    }
    const hits = everything.filter((index) => files[index].p.toLowerCase().includes(query));
    const list = make("ul");
    for (const index of hits.slice(0, 300)) list.append(entry(index, files[index].p));
    if (!hits.length) list.append(make("li", {}, "no file"));
    if (hits.length > 300) list.append(make("li", {}, `and ${hits.length - 300} more`));
    tree.append(list);
  };
  $("#file-search").addEventListener("input", (event) => draw(event.target.value.trim().toLowerCase()));
  draw("");

  // Characters that would hide or turn text around are spelt out.
  const deceptive = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
  const write = (into, text) => {
    if (!deceptive.test(text)) {
      into.append(text);
      return;
    }
    for (const c of text) {
      if (deceptive.test(c)) {
        const code = c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
        into.append(make("span", { class: "ctl" }, `U+${code}`));
      } else into.append(c);
    }
  };

  const open = (index, line) => {
    const file = files[index];
    const body = data(`file-${index}`);
    if (!body) return;
    for (const element of buttons.values()) element.removeAttribute("aria-current");
    current = index;
    // The tree unfolds down to the file: each reach fills one level, whose folders come next.
    for (let level = 0; level < 64 && !buttons.has(index); level += 1) {
      for (const details of $$("details", tree)) details.reach(file.p);
    }
    const at = buttons.get(index);
    if (at) {
      at.setAttribute("aria-current", "true");
      // Only the tree may move: scrollIntoView would move the page as well.
      const from = at.getBoundingClientRect();
      const frame = tree.getBoundingClientRect();
      if (from.top < frame.top || from.bottom > frame.bottom) {
        tree.scrollTop += from.top - frame.top - frame.height / 3;
      }
    }
    const lines = body.t.split("\n");
    if (lines.length && lines[lines.length - 1] === "") lines.pop();
    const look = new Array(lines.length).fill(null);
    for (const [start, length, number] of body.r) {
      const end = Math.min(start - 1 + length, lines.length);
      for (let at = start - 1; at < end; at += 1) look[at] = looks[number];
    }
    const marks = new Map();
    for (const mark of file.f) {
      if (!marks.has(mark.at[0])) marks.set(mark.at[0], []);
      marks.get(mark.at[0]).push(mark);
    }
    head.replaceChildren(
      make("strong", {}, file.p),
      ` · ${file.n} lines · ${file.w} · ${file.f.length === 1 ? "1 finding" : `${file.f.length} findings`}`,
    );
    const row = (at) => {
      const number = at + 1;
      const origin = look[at] || { k: "unknown", l: "?", d: "unknown: no evidence" };
      const text = make("span", { class: "tx" });
      const here = marks.get(number) || [];
      const mark = here[0];
      const raw = lines[at].endsWith("\r") ? lines[at].slice(0, -1) : lines[at];
      if (mark) {
        const points = [...raw];
        const from = Math.min(Math.max(mark.at[1] - 1, 0), points.length);
        const to = mark.at[2] ? Math.min(Math.max(mark.at[2] - 1, from), points.length) : points.length;
        write(text, points.slice(0, from).join(""));
        const inner = make("mark");
        write(inner, points.slice(from, to).join(""));
        text.append(inner);
        write(text, points.slice(to).join(""));
      } else write(text, raw);
      const gutter = make("span", { class: `gut o-${origin.k}`, title: origin.d }, origin.l);
      const element = make("div", { class: mark ? "row at" : "row" }, gutter, make("span", { class: "no" }, String(number)), text);
      if (number === line) element.classList.add("here");
      const out = [element];
      for (const one of here) {
        const link = make("a", { href: `#finding-${one.i}` });
        write(link, `${one.r}: ${one.m}`);
        out.push(make("div", { class: "marker" }, make("span", { class: `sev s-${one.s}` }, one.s), link));
      }
      return out;
    };
    // Every chunk has its final height from the start, so nothing moves while it is filled.
    const extra = (from, to) => {
      let n = 0;
      for (const [number, here] of marks) if (number > from && number <= to) n += here.length;
      return n;
    };
    const chunks = [];
    for (let from = 0; from < lines.length; from += CHUNK) {
      const to = Math.min(from + CHUNK, lines.length);
      const chunk = make("div", { class: "chunk" });
      chunk.style.height = `${(to - from + extra(from, to)) * LINE}px`;
      chunk.fill = () => {
        chunk.fill = null;
        for (let at = from; at < to; at += 1) chunk.append(...row(at));
      };
      chunks.push(chunk);
    }
    view.replaceChildren(...chunks);
    if (watch) watch.disconnect();
    watch = new IntersectionObserver((entries) => {
      for (const one of entries) if (one.isIntersecting && one.target.fill) one.target.fill();
    }, { root: view, rootMargin: "600px 0px" });
    for (const chunk of chunks) watch.observe(chunk);
    view.scrollLeft = 0;
    view.scrollTop = line ? Math.max(0, (line - 1 + extra(0, line - 1)) * LINE - view.clientHeight / 3) : 0;
  };
  let watch = null;

  document.addEventListener("click", (event) => {
    const target = event.target.closest(".open");
    if (target) {
      open(Number(target.dataset.file), Number(target.dataset.line));
      $("#code").scrollIntoView();
      view.focus({ preventScroll: true });
      return;
    }
    const link = event.target.closest(".marker a");
    if (link) {
      const finding = document.getElementById(link.hash.slice(1));
      if (finding) {
        finding.hidden = false;
        finding.open = true;
      }
    }
  });

  // Something to look at: the place of the first finding, or a file with lines by AI.
  const first = $("#finding-list .open");
  if (first) open(Number(first.dataset.file), Number(first.dataset.line));
  else open(Number($(".code").dataset.opening), 0);
})();
