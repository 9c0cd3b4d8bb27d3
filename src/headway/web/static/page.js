// What makes the pages quick by keyboard: nothing here is needed to read a page or to do anything.
(() => {
  const root = document.documentElement;
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // Theme: as the system, light, dark.
  const button = one("#theme-switch");
  const themes = ["auto", "light", "dark"];
  const name = () => (themes.includes(root.dataset.theme) ? root.dataset.theme : "auto");
  const label = () => { if (button) button.title = `Theme: ${name() === "auto" ? "as the system" : name()}`; };
  const switchTheme = () => {
    root.dataset.theme = themes[(themes.indexOf(name()) + 1) % themes.length];
    try { localStorage.setItem("headway-theme", root.dataset.theme); } catch { /* holds for this page */ }
    label();
  };
  button?.addEventListener("click", switchTheme);
  label();

  // Keys.
  const keys = one("#keys");
  one("#keys-open")?.addEventListener("click", () => keys.showModal());
  // The row is remembered by its id: a list that is live puts new rows before it, and takes marks away that are not the server's.
  let current = "";
  const mark = () => all("tr[data-row]").forEach((each) => each.classList.toggle("current", each.id === current && current !== ""));
  const walk = (step) => {
    const rows = all("tr[data-row]");
    if (!rows.length) return;
    const at = rows.findIndex((each) => each.id === current);
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    current = row.id;
    mark();
    const link = row.querySelector("a.job, a");
    (link || row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  one("#main")?.addEventListener("headway:shown", mark);
  let jump = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const at = event.target;
    if (at.matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]")) {
      if (event.key === "Escape") at.blur();
      return;
    }
    if (one("dialog[open]")) return;
    if (jump && Date.now() - jump < 1500) {
      jump = 0;
      const link = all("a[data-key]").find((each) => each.dataset.key === event.key);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    switch (event.key) {
      case "/": event.preventDefault(); one("#search")?.select(); one("#search")?.focus(); break;
      case "?": keys?.showModal(); break;
      case "g": jump = Date.now(); break;
      case "t": switchTheme(); break;
      case "j": walk(1); break;
      case "k": walk(-1); break;
      case "x": {
        const row = document.getElementById(current);
        row?.querySelector("input[type=checkbox]")?.click();
        break;
      }
      default:
    }
  });

  // Questions are asked in a dialog; without it the server asks them on a page.
  const ask = one("#ask");
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const question = button?.dataset.ask || form.elements.namedItem("ask")?.value;
    if (!ask || form.method !== "post" || !question || form.elements.namedItem("sure")) return;
    event.preventDefault();
    one("#ask-text").textContent = question;
    const deed = button?.textContent.trim().replace(/\u2026$/, "");
    one("#ask-yes").textContent = deed ? `Yes, ${deed.charAt(0).toLowerCase()}${deed.slice(1)}` : "Yes"; // "Cancel" alone would seem to leave.
    ask.returnValue = "no";
    ask.addEventListener("close", () => {
      if (ask.returnValue !== "yes") return;
      const sure = document.createElement("input");
      Object.assign(sure, { type: "hidden", name: "sure", value: "yes" });
      sure.dataset.answered = "";
      form.append(sure);
      form.requestSubmit(button);
    }, { once: true });
    ask.showModal();
  });

  // A form is sent once.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    setTimeout(() => event.target.querySelectorAll("button").forEach((each) => { each.disabled = true; }), 0);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    all("button:disabled:not([data-off])").forEach((each) => { each.disabled = false; });
    all("form > input[name=sure][data-answered]").forEach((each) => each.remove());
  });

  // Selecting rows.
  const count = () => {
    const boxes = all("td.select input");
    const chosen = boxes.filter((each) => each.checked).length;
    all("[data-select-all]").forEach((each) => {
      each.checked = chosen > 0 && chosen === boxes.length;
      each.indeterminate = chosen > 0 && chosen < boxes.length;
    });
    all("[data-chosen]").forEach((each) => { each.textContent = chosen ? `${chosen} selected` : each.dataset.chosen; });
  };
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.("td.select input")) return;
    const boxes = all("td.select input");
    if (event.shiftKey && last) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
    }
    last = box;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) all("td.select input").forEach((each) => { each.checked = event.target.checked; });
    if (event.target.matches("select[data-go]")) event.target.form?.requestSubmit();
    count();
  });
  count();
  document.addEventListener("headway:shown", () => {
    count();
  });

  // What is done in steps goes on by itself.
  const auto = one("form[data-auto]");
  if (auto) setTimeout(() => auto.requestSubmit(), 150);

  // Where we are is in sight.
  all("nav [aria-current=page], .apps [aria-current]").forEach((each) => {
    const strip = each.closest(".tabs, .side .pages, .side .apps");
    if (strip && strip.scrollWidth > strip.clientWidth) strip.scrollLeft += each.getBoundingClientRect().left - strip.getBoundingClientRect().left - 48;
  });

  // Copying a text.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy)?.textContent ?? "";
    const said = button.querySelector("span") || button;
    const was = said.textContent;
    try { await navigator.clipboard.writeText(text); said.textContent = "Copied"; } catch { said.textContent = "Not allowed"; }
    setTimeout(() => { said.textContent = was; }, 1500);
  });
})();
