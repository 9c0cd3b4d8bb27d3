// The log of a job, as it is written: lines come by number, after those that are shown.
(() => {
  const log = document.querySelector("#log[data-from]");
  const main = document.querySelector("main[data-live-from]");
  if (!log || !main) return;
  const SHOWN = 2000; // Older lines leave the page; the file has them.
  const EVERY = 1000;
  let last = Number(log.dataset.last) || 0;
  let busy = false;
  let asked = 0;
  let later = 0;

  const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 32;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  const more = async () => {
    if (document.hidden) return;
    clearTimeout(later);
    const rest = busy ? EVERY : asked + EVERY - Date.now();
    if (rest > 0) { later = setTimeout(more, rest); return; } // Not dropped: the last lines come with the end, after which nothing else asks.
    busy = true;
    asked = Date.now();
    try {
      const answer = await fetch(`${log.dataset.from}${log.dataset.from.includes("?") ? "&" : "?"}after=${last}`, { cache: "no-store" });
      if (!answer.ok) return;
      const piece = document.createElement("template");
      piece.innerHTML = await answer.text();
      const lines = [...piece.content.querySelectorAll("li")].filter((line) => Number(line.dataset.number) > last);
      if (!lines.length) return;
      const follow = isAtEnd();
      last = Number(lines.at(-1).dataset.number);
      log.append(...lines);
      while (log.children.length > SHOWN) log.firstElementChild.remove();
      window.headwayTimes?.refresh(log);
      if (follow) toEnd();
    } catch { /* the page itself says that it is stale */ } finally { busy = false; }
  };
  document.querySelectorAll("[data-level-to]").forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    log.dataset.level = link.dataset.levelTo;
    document.querySelectorAll("[data-level-to]").forEach((each) => each.removeAttribute("aria-current"));
    link.setAttribute("aria-current", "true");
    toEnd();
  }));
  main.addEventListener("headway:shown", more);
  document.addEventListener("visibilitychange", more);
  setInterval(() => { if (document.querySelector("#head .s-running")) more(); }, 1500);
  toEnd();
})();
