// What pages gain where JavaScript runs; everything works without it.
"use strict";

// --- "Show password", "Show number" -------------------------------------------------------------------------------

for (const input of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "usa-button usa-button--unstyled ecs-show";
  button.textContent = input.dataset.show;
  button.setAttribute("aria-controls", input.id);
  const masked = input.classList.contains("ecs-masked");
  const show = (shown) => {
    if (masked) input.classList.toggle("ecs-shown", shown);
    else input.type = shown ? "text" : "password";
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
  };
  let shown = false;
  button.addEventListener("click", () => show((shown = !shown)));
  // What is sent is hidden again, so that no browser keeps it among what was typed into text fields.
  if (input.form) input.form.addEventListener("submit", () => show((shown = false)));
  input.after(button);
}

// --- a draft that is kept while it is typed -------------------------------------------------------------------------

// Set below where a session's end is known: keeping a draft is doing something.
let stays = () => {};

for (const form of document.querySelectorAll("form[data-keep]")) {
  const said = form.querySelector("[data-kept]");
  let timer = 0;
  let way = null; // what is on its way to the server
  let overtaken = false;

  const keep = async () => {
    try {
      const fields = new URLSearchParams(new FormData(form));
      fields.set("keep", "1");
      const answer = await fetch(form.action, {
        method: "POST",
        body: fields,
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
      if (!(answer.headers.get("Content-Type") ?? "").includes("json")) return; // signed off, or away: the button tells
      const told = await answer.json();
      said.textContent = told.said;
      overtaken = answer.status === 409;
      if (!answer.ok) return;
      form.elements.version.value = told.version;
      stays(told.idle_seconds);
    } catch {
      // no network now: the next change or the button tries again
    }
  };
  form.addEventListener("input", () => {
    said.textContent = "";
    clearTimeout(timer);
    if (overtaken) return;
    timer = setTimeout(async () => {
      await way; // one after the other: each needs the version that the one before it made
      way = keep();
      await way;
      way = null;
    }, 1000);
  });
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (!way) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await way;
    way = null;
    form.requestSubmit(event.submitter);
  });
}

// --- a second press of a button, while the first is on its way ------------------------------------------------------

for (const form of document.querySelectorAll('form[method="post"]:not([data-extend])')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// --- what goes on by itself: its part of the page is read anew, more and more seldom, and in the end no more ---------

const live = document.querySelector("[data-live]");
if (live) {
  const said = document.getElementById(`${live.id}-said`);
  const tenth = (part) => {
    const bar = part.querySelector("progress[max]");
    return bar ? Math.floor(bar.position * 10) : -1;
  };
  const again = async (pause) => {
    try {
      const answer = await fetch(location.href, { redirect: "manual" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById(live.id);
      if (!now) return;
      // Whoever reads on a link in it is not thrown out of it.
      if (!live.contains(document.activeElement)) {
        const before = tenth(live);
        live.replaceChildren(...now.childNodes);
        const label = live.querySelector("label");
        if (label && tenth(live) !== before) said.textContent = label.textContent;
      }
      if (!now.hasAttribute("data-live")) return void location.reload();
    } catch {
      // no network now: the next time tries again
    }
    // Asking keeps the session: nobody's stays open for the sake of a page that was left alone.
    if (pause < 20_000) setTimeout(again, pause, pause * 1.05);
  };
  setTimeout(again, 2000, 2000);
}

// --- windows -------------------------------------------------------------------------------------------------------

for (const dialog of document.querySelectorAll("dialog[data-window]")) {
  // Closed is closed: neither reloading nor coming back shows it again. Its page is asked for it in the address.
  const closed = () => history.replaceState(history.state, "", location.pathname);
  if (dialog.open) {
    dialog.removeAttribute("open");
    dialog.showModal();
    dialog.addEventListener("close", closed);
  } else closed(); // by somebody who was faster than this script
}

// --- the session's end ---------------------------------------------------------------------------------------------

const idle = document.getElementById("idle");
if (idle) {
  const KEY = "ecs-session-ends";
  const warn = Number(idle.dataset.warn) * 1000;
  let ends = 0;
  let warned = false;

  const remember = (seconds) => {
    ends = Date.now() + seconds * 1000;
    try {
      localStorage.setItem(KEY, String(ends)); // other tabs of the same session learn of it
    } catch {
      // storage is off: each tab counts alone
    }
  };
  const latest = () => {
    try {
      ends = Math.max(ends, Number(localStorage.getItem(KEY)) || 0);
    } catch {
      // as above
    }
    return ends;
  };
  const leave = () => {
    const back = encodeURIComponent(location.pathname + location.search);
    location.assign(`/login?ended=1&next=${back}`);
  };

  stays = remember;
  document.getElementById("idle-line").hidden = true; // the window says it, and knows when it changes
  remember(Number(idle.dataset.seconds));
  setInterval(() => {
    const left = latest() - Date.now();
    if (left <= 0) leave();
    else if (left <= warn && !warned) {
      warned = true;
      idle.showModal();
    } else if (left > warn && warned) {
      warned = false;
      idle.close();
    }
  }, 1000);

  const form = idle.querySelector("form[data-extend]");
  const extend = async () => {
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
      if (answer.ok) remember((await answer.json()).idle_seconds);
      else if (answer.type === "opaqueredirect" || answer.status < 500) leave();
    } catch {
      // no network now: the warning stays, and can be answered again
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    extend();
  });
  idle.addEventListener("cancel", (event) => {
    event.preventDefault(); // Escape means "I am here"
    extend();
  });
}
