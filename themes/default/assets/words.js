// The words that the theme's scripts say, and the forms that they show: nothing else is here, so that a theme of another
// language replaces this file alone. What stands in {braces} is filled in.
"use strict";
globalThis.bindery = {
  words: {
    copy: "Copy",
    copied: "Copied.",
    "not-copied": "The browser did not allow copying. Select the text and copy it yourself.",
    "copied-unfilled": "Copied, but {names} is not filled in.",
    "copied-risky": "The value of {names} holds characters that a shell may read in its own way. Look at the command before you run it.",
    cancel: "Cancel",
    save: "Save",
    "value-newline": "A value is one line of text.",
    "value-long": "This is too long.",
    "value-option": "This is none of the values to choose from.",
    "value-pattern": "This does not fit the pattern {pattern}",
    "copy-link": "Copy a link with these values",
    "link-asks": "The link that brought you here fills in values:",
    "fill-in": "Fill in",
    "progress-text": "{done} of {all} done, {skipped} skipped, {failed} failed",
    "no-run": "{all} steps. No run is open.",
    since: "since {time}",
    until: "until {time}",
    blank: "None: the blank form",
    nobody: "somebody",
    running: "still running",
    saved: "Saved.",
    open: "open",
    done: "done",
    skipped: "skipped",
    failed: "failed",
    "do-skip": "Skip",
    "do-fail": "Failed",
    "do-note": "Note",
    "ask-skip": "Why is it skipped?",
    "ask-fail": "What happened?",
    "ask-note": "Note",
    changed: "This step has changed since it was {state} at {time}. Look at it again.",
    "changed-from": "It said: “{text}”",
    "changed-short": "changed after {time}",
    gone: "No longer on this page, but ticked in this run: {steps}",
    "gone-short": "no longer on the page",
    finish: "Finish",
    "finish-asks": "{left} steps are open, {waits} of them can wait. Finish the run?",
    reset: "Delete the run",
    "reset-asks": "Delete this run and its {settled} ticks? It cannot be brought back.",
    "was-reset": "The run was deleted.",
    replace: "Replace mine",
    imported: "The run that {operator} started at {time} goes on here.",
    "import-unreadable": "The file is not a run that was saved here.",
    "import-other": "The file is a run of another runbook: {page}.",
    "import-older": "The file is older than the run in this browser. Replace the run?",
    runbook: "Runbook",
    revision: "Revision",
    incident: "Incident or change",
    operator: "Operator",
    verifier: "Verifier",
    start: "Start",
    end: "End",
    progress: "Progress",
    number: "No.",
    step: "Step",
    state: "State",
    time: "Time (UTC)",
    remarks: "Remarks",
    timeline: "Timeline",
    "log-started": "{operator} started the run",
    "log-done": "step {step} done",
    "log-skipped": "step {step} skipped",
    "log-failed": "step {step} failed",
    "log-opened": "the tick of step {step} was taken back",
    "log-noted": "note on step {step}",
    "log-changed": "step {step} changed on the page and lost its tick",
    "log-gone": "step {step} is no longer on the page",
    "log-finished": "the run was finished",
    "log-continued": "the run was continued",
    "log-taken-over": "the run was taken over from a file",
  },
  parts: {
    run: `
<section class="run-bar" aria-label="Run">
<div class="run-head"><p data-run="text" role="status"></p> <progress data-run="bar" aria-label="Steps that are settled" max="1" value="0" data-when="running ended"></progress> <p data-run="who"></p></div>
<p class="warns" data-run="refused" hidden>The browser keeps nothing for this page: the run is lost when you close it. Save it as a file.</p>
<p class="warns" data-run="gone" hidden></p>
<details data-run="details"><summary><span data-when="none">Start a run</span><span data-when="running ended" hidden>This run</span></summary>
<form data-run="form">
<label>Operator <input data-run="operator" autocomplete="name" maxlength="200"></label>
<label>Incident or change <input data-run="incident" autocomplete="off" maxlength="200"></label>
<label>Verifier <input data-run="verifier" autocomplete="off" maxlength="200"></label>
<button data-when="none">Start</button><button data-when="running ended" hidden>Save</button>
</form>
<p class="buttons">
<button type="button" data-act="finish" data-when="running" hidden>Finish</button>
<button type="button" data-act="again" data-when="ended" hidden>Continue</button>
<button type="button" data-act="copy" data-when="running ended" hidden>Copy the report</button>
<button type="button" data-act="report" data-when="running ended" hidden>Save the report</button>
<button type="button" data-act="file" data-when="running ended" hidden>Save to hand over</button>
<button type="button" data-act="import" data-when="none running ended">Take over a saved run</button>
<button type="button" data-act="new" data-when="running ended" hidden>New run</button>
<button type="button" data-act="reset" data-when="running ended" hidden>Delete</button>
</p>
<p><label hidden>Runs of this page <select data-run="choice"></select></label></p>
<input type="file" data-run="file" accept=".json,application/json" hidden aria-label="A saved run">
</details>
<p class="buttons">
<button type="button" data-act="print-checklist">Print the checklist</button>
<button type="button" data-act="print-all">Print the whole runbook</button>
</p>
<p data-run="message" role="status"></p>
</section>`,
  },
};
