// Moments in the reader's zone: ages stay fresh, runs count on, and the exact moment stands on hover.
(() => {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const two = (number) => String(number).padStart(2, "0");
  const day = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const exact = (at) => `${day(at)} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "local";

  // Charts: their moments within a day, and whose clocks they go by.
  const move = () => {
    document.querySelectorAll("[data-at]").forEach((element) => {
      const text = exact(new Date(element.dataset.at)).slice(11, 16) + (element.dataset.rest || "");
      if (element.textContent !== text) element.textContent = text;
    });
    document.querySelectorAll("[data-zone]").forEach((element) => { element.textContent = `by the clocks of ${zone}`; });
  };
  document.addEventListener("headway:shown", move);
  move();

  // The server's clock rules: a reader's clock that is wrong must not make ages wrong.
  let ahead = 0;
  // What nobody follows does not count on: a page that lost its stream stands still, and running times do on one that has none.
  const loaded = Date.now();
  const isLive = Boolean(document.querySelector("main[data-live-from]"));
  let stopped = 0;
  const now = () => (stopped || Date.now()) - ahead;

  const age = (at) => {
    const distance = (now() - at) / 1000;
    const seconds = Math.abs(distance);
    if (seconds >= 7 * 86400) return day(at);
    for (const [unit, length] of units) {
      if (seconds >= length) {
        const said = `${Math.floor(seconds / length)} ${unit}`;
        return distance > 0 ? `${said} ago` : `in ${said}`;
      }
    }
    return "now";
  };
  const since = (at) => {
    let seconds = Math.max(0, Math.floor(((isLive ? now() : loaded) - at) / 1000));
    for (let index = 0; index < units.length; index += 1) {
      const [unit, length] = units[index];
      if (seconds >= length || unit === "s") {
        const first = `${Math.floor(seconds / length)} ${unit}`;
        const next = units[index + 1];
        const rest = next ? Math.floor((seconds % length) / next[1]) : 0;
        return rest ? `${first} ${rest} ${next[0]}` : first;
      }
    }
    return "0 s";
  };
  const tell = (element) => {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const text = "since" in element.dataset ? since(at) : "exact" in element.dataset ? exact(at) : "clock" in element.dataset ? exact(at).slice(11) : age(at);
    if (element.textContent !== text) element.textContent = text;
    const title = `${exact(at)} ${zone}\n${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
    if (element.title !== title) element.title = title;
  };
  const refresh = (root = document) => root.querySelectorAll("time[datetime]").forEach(tell);
  window.headwayTimes = {
    refresh,
    set: (server) => { ahead = Date.now() - server; },
    stop: (at) => { stopped = at; refresh(); },
    go: () => { if (stopped) { stopped = 0; refresh(); } },
  };
  refresh();
  setInterval(() => { if (!document.hidden) refresh(); }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
})();
