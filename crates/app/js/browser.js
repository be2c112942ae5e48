// What `src/effects/browser.rs` asks of the browser.

// How long a button says that it has copied.
const COPIED_SHOWN_MILLISECONDS = 2_000;
// How long a download may take to begin, before its address is given up.
const SAVE_MILLISECONDS = 60_000;

let ticking;

export const browser = {
  // Copies a text, and tells whether that worked; then tells nothing, when that has been shown. Without the Clipboard API,
  // which plain HTTP lacks, it copies by selecting.
  async copy(text, tell) {
    let worked = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      worked = copySelected(text);
    }
    tell(worked);
    setTimeout(tell, COPIED_SHOWN_MILLISECONDS);
  },

  // Has the browser download the file.
  save(file, name) {
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(file);
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), SAVE_MILLISECONDS);
  },

  // Has the browser download a text.
  saveText(text, name) {
    browser.save(new Blob([text]), name);
  },

  // Reads the one file that was chosen or dropped, or the text.
  async readFile(event, tell) {
    const { dataTransfer, target } = event;
    const file = (dataTransfer ?? target).files[0];
    // The same file can be chosen again.
    if (!dataTransfer) target.value = "";
    if (file) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      // What `>` of PowerShell writes begins with FF FE.
      tell(new TextDecoder(bytes[0] === 0xff ? "utf-16le" : "utf-8").decode(bytes));
    } else if (dataTransfer) {
      tell(dataTransfer.getData("text"));
    }
  },

  // Shows the state where tabs are listed.
  entitle(title, icon) {
    if (document.title !== title) {
      document.title = title;
      document.querySelector("link[rel=icon]")?.setAttribute("href", icon);
    }
  },

  async askToNotify(tell) {
    tell((await Notification.requestPermission()) === "granted");
  },

  // Notifies where that was allowed, and nobody looks at the page.
  notify(text) {
    try {
      if (document.visibilityState !== "visible") new Notification(text);
    } catch {
      // Chromium on phones has the class, and lets only service workers use it.
    }
  },

  focus(selector) {
    document.querySelector(selector)?.focus();
  },

  // Moves the focus, once the page has been drawn.
  focusSoon(id) {
    setTimeout(browser.focus, 0, `#${id}`);
  },

  // Tells when the machine is online again, and when a person looks at the page again.
  whenAwake(tell) {
    addEventListener("online", () => tell(true));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tell(false));
  },

  // Tells of each second, or no longer.
  tick(isOn, tell) {
    clearInterval(ticking);
    ticking = isOn ? setInterval(tell, 1_000) : undefined;
  },

  // Has the browser ask before the page is left, or no longer.
  guard(isOn) {
    (isOn ? addEventListener : removeEventListener)("beforeunload", ask);
  },

  // Fills with random bytes, and tells whether that worked.
  draw(bytes) {
    try {
      return Boolean(crypto.getRandomValues(bytes));
    } catch {
      return false;
    }
  },

  // Where the page is, and what a link to it says: `?user=…&group=…&group=…`.
  link() {
    const parameters = new URLSearchParams(location.search);
    return {
      host: location.hostname,
      isSecure: isSecureContext,
      // Over plain HTTP it is there, and refuses.
      notifies: isSecureContext && "Notification" in window,
      user: parameters.get("user"),
      groups: parameters.getAll("group"),
    };
  },

  // Shows a time where and as the reader lives.
  dateAndTime(milliseconds) {
    return localized(milliseconds, {
      weekday: "short",
      year: "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      timeZoneName: "short",
    });
  },

  timeOfDay(milliseconds) {
    return localized(milliseconds, { hour: "2-digit", minute: "2-digit" });
  },
};

function copySelected(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return copied;
}

function ask(event) {
  event.preventDefault();
}

function localized(milliseconds, options) {
  return new Date(milliseconds).toLocaleString("default", options);
}
