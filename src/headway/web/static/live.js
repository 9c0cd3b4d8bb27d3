// A live page: parts of it that changed come as an event stream and are morphed in. When the stream is broken, the page says
// since when it is stale; nothing that looks live is old without a word.
(() => {
  const main = document.querySelector("main[data-live-from]");
  const mark = document.querySelector("#live-mark");
  if (!main || !mark || !window.EventSource || !window.Idiomorph) return;

  const SILENCE = 12000; // The server says something every few seconds: longer silence is a broken stream.
  const HIDDEN = 15000; // A tab that nobody sees stops after a while.
  const BEHIND = 8; // Seconds after which a page that was not made anew says so.
  let stream = null;
  let tries = 0;
  let heard = Date.now();
  let since = 0; // The moment that a stale page shows.
  let retry = 0;
  let over = false;

  const clock = (at) => new Date(at).toTimeString().slice(0, 8);
  const say = (kind, text, title) => {
    mark.hidden = false;
    mark.className = `live-mark ${kind}`;
    if (mark.textContent !== text) mark.textContent = text;
    mark.title = title || "";
    main.classList.toggle("stale", kind === "lost");
    since = kind === "lost" ? since || heard : 0;
    if (since) window.headwayTimes?.stop(since);
    else window.headwayTimes?.go();
  };

  const keep = {
    beforeAttributeUpdated: (name, node) => !(
      (name === "open" && node.tagName === "DETAILS") ||
      ((name === "checked" || name === "value" || name === "disabled" || name === "indeterminate") && /^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(node.tagName))
    ),
    beforeNodeMorphed: (node) => !(node.nodeType === 1 && node.hasAttribute("data-keep")),
    beforeNodeRemoved: (node) => !(node.nodeType === 1 && node.hasAttribute("data-keep")),
  };
  const show = (parts) => {
    for (const [id, html] of Object.entries(parts)) {
      const element = document.getElementById(id);
      if (element) window.Idiomorph.morph(element, html, { morphStyle: "outerHTML", ignoreActiveValue: true, callbacks: keep });
    }
    window.headwayTimes?.refresh(main);
    main.dispatchEvent(new CustomEvent("headway:shown", { bubbles: true }));
  };

  const close = () => { stream?.close(); stream = null; clearTimeout(retry); };
  const again = (text) => {
    close();
    if (over) return;
    const pause = Math.min(30000, 1000 * 2 ** tries) * (0.75 + Math.random() / 2);
    tries += 1;
    say("lost", `Reconnecting \u00b7 stale since ${clock(heard)}`, text);
    retry = setTimeout(open, pause);
  };
  const stop = (text) => {
    over = true;
    close();
    say("lost", `Stopped \u00b7 stale since ${clock(heard)}`, text);
  };
  // The stream itself does not say why it was refused: a look at the same address does.
  const lost = async (never) => {
    again(never ? "The server does not answer" : "The connection was lost");
    try {
      const { status } = await fetch(main.dataset.liveFrom, { method: "HEAD", redirect: "manual", cache: "no-store" });
      if (status === 401 || status === 403 || status === 0) stop("You may no longer see this page: load it again.");
      if (status === 404) stop("What this page shows is not there any more.");
      if (status === 429) { tries = Math.max(tries, 4); say("lost", `Not live \u00b7 stale since ${clock(heard)}`, "Too many live pages are open: close one."); }
    } catch { /* the retry goes on */ }
  };
  const told = (event) => {
    const said = JSON.parse(event.data);
    heard = Date.now();
    tries = 0;
    window.headwayTimes?.set(said.now);
    return said;
  };
  function open() {
    close();
    if (document.hidden || over) return;
    const source = new EventSource(main.dataset.liveFrom);
    const first = Date.now();
    stream = source;
    const mine = (act) => (event) => { if (stream === source) act(event); };
    source.addEventListener("beat", mine((event) => {
      const said = told(event);
      if (main.classList.contains("troubled")) return;
      if (said.behind > BEHIND) say("late", `${said.behind} s behind`, "So many pages are open that each is made anew less often.");
      else say("", "Live");
    }));
    source.addEventListener("parts", mine((event) => {
      const said = told(event);
      main.classList.remove("troubled");
      show(said.parts);
      say("", "Live");
    }));
    source.addEventListener("trouble", mine((event) => {
      since ||= heard;
      const said = told(event);
      main.classList.add("troubled");
      say("lost", `Stale since ${clock(since)}: the store cannot be read`, said.text);
    }));
    source.addEventListener("error", mine(() => lost(first > heard)));
  }

  setInterval(() => { if (stream && Date.now() - heard > SILENCE) again("The server has been silent"); }, 2000);
  let hiding = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(close, HIDDEN);
    else if (!stream && !over) { tries = 0; open(); }
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  addEventListener("offline", () => again("This computer is offline"));
  addEventListener("online", () => { tries = 0; open(); });
  open();
})();
