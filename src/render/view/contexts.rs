//! What each template is given: the table that the guide shows and a test compares with the views.

/// A variable of a template's context, for the guide and the test that keeps it true.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
}

macro_rules! contexts {
    ($($template:literal: [$($name:literal $about:literal)*])*) => {
        /// What each template is given, besides what all are given, which is listed under `*`.
        pub const CONTEXTS: &[(&str, &[Variable])] =
            &[$(($template, &[$(Variable { name: $name, about: $about }),*])),*];
    };
}

contexts! {
    "*": [
        "site" "title, description, language, base_url, addresses, extra, version"
        "nav" "scopes, sections, services, tags: the lists that every page can show; alerts_href (nothing without alerts), alerts_count, reviews_href, coverage_href, decisions_href, report_href (nothing without a report)"
        "words" "the words of the interface in the site's language, from the themes' `words` folders"
        "assets" "the published name of each asset of the theme: `assets['style.css']`"
        "theme" "extra: the theme's own settings, site.toml's `[extra]` on top; search: whether there is a search index"
        "root" "the steps up to the root of the site: `../`, or `./`"
        "path" "where this page lies below the root"
        "once" "the HTML of each template in `templates/once`, which is rendered once for all pages that lie equally deep, and so is not given the page: `once.top` is `once/top.html`"
    ]
    "page.html": [
        "page" "everything the front matter says, and title, every_service (whether it holds for all of them), owner (its own, else its service's), id, href, source, edit_link, summary, impact, impact_title (the heading that it stands under), first (id, text, is_step: where to start), way_back (id, title of the rollback), changed, revision (commit, date, author, subject of the last commit; nothing without a history), edited (whether its text is another than the one committed last), since_review (the same of each commit after the day of the last review), review_due, overdue, heading_id, toc (level, id, title of each heading), url (with base_url), steps (id, text, number, of), checklists (title, count), back_steps (ids of the steps under Rollback), decide_now and can_wait (id, text, number, list: the title of its checklist where there are several), old_fragments"
        "heading" "the HTML of the heading that opens the body, or nothing; the body does not repeat it"
        "content" "the body's HTML"
        "breadcrumbs" "title and href of each step from the home page to the section"
        "section" "title, href, pages, sections and count of the section"
        "sidebar" "the HTML of `sidebar.html` for the section, with the link to this page marked as current"
        "previous" "the card of the runbook before this one in the section, or nothing"
        "next" "the card of the one after it, or nothing"
        "backlinks" "cards of the pages that link here"
        "related" "cards of pages with the same alerts, tags or service"
        "follow_ups" "cards of the runbooks that `follow_up` names"
        "followed" "cards of the runbooks that this one follows"
        "related_list" "the HTML list of `related`, or nothing: `card.html` for each, rendered once for the whole site"
        "follow_ups_list" "the same of `follow_ups`"
        "followed_list" "the same of `followed`"
        "moved" "headings that moved to other pages: id, title, href"
    ]
    "section.html": [
        "page" "as in page.html, or nothing where no file describes the section"
        "heading" "as in page.html"
        "content" "the body's HTML, or nothing"
        "breadcrumbs" "as in page.html"
        "section" "as in page.html"
        "sidebar" "as in page.html"
        "backlinks" "as in page.html"
        "related" "as in page.html"
        "follow_ups" "as in page.html"
        "followed" "as in page.html"
        "related_list" "as in page.html"
        "follow_ups_list" "as in page.html"
        "followed_list" "as in page.html"
        "pages_list" "the HTML list of `section.pages`, as in page.html"
        "previous" "as in page.html"
        "next" "as in page.html"
        "moved" "as in page.html"
    ]
    "home.html": [
        "page" "as in section.html"
        "heading" "as in page.html"
        "content" "as in section.html"
        "section" "the root section"
        "sidebar" "as in page.html"
        "recent" "cards of the runbooks changed last, by git's dates; empty without a history"
        "ways" "the ways in: alerts (name, href), tasks (name, href, count, scope), gaps (name, count)"
        "recent_list" "the HTML list of `recent`, as in page.html"
        "breadcrumbs" "nothing, so that a base template may ask for it"
        "backlinks" "as in page.html"
        "related" "as in page.html"
        "follow_ups" "as in page.html"
        "followed" "as in page.html"
        "related_list" "as in page.html"
        "follow_ups_list" "as in page.html"
        "followed_list" "as in page.html"
        "pages_list" "the HTML list of `section.pages`, as in page.html"
        "previous" "as in page.html"
        "next" "as in page.html"
        "moved" "as in page.html"
    ]
    "card.html": [
        "card" "the runbook: title, href, id, scope, services, severity, status, task, owner, alerts, summary, overdue, is_runbook; `root` may only be written before an address"
    ]
    "sidebar.html": [
        "section" "as in page.html; the template is rendered once for all pages of a section, and is not given the page"
    ]
    "listing.html": [
        "listing" "kind (scope, tag, tags, service, services, task, tasks, gaps), name, title, count, groups (title, href, count, pages, and list: the HTML list of pages)"
        "breadcrumbs" "as in page.html"
    ]
    "alert.html": [
        "alert" "name, href, severities, owner, service (name, href, or nothing), rules (file, group, expression, hold, severity, owner, summary, description, astray: the runbook it names where that is no page of this site, else nothing: url, what: `nowhere`, `draft`, `anchor`, `case` or `elsewhere`, opens: whether a browser can open it), places: the headings that answer it in runbooks about more (page, heading, href), file: where a runbook for it could lie, annotation: its name and what it would say then, or nothing, is_wrong: whether a rule has another"
        "expressions" "the HTML of each rule's expression, in the order of `alert.rules`"
        "runbooks" "cards of the runbooks that answer it, the best first"
        "runbooks_list" "the HTML list of `runbooks`, as in page.html"
        "breadcrumbs" "as in page.html"
    ]
    "alerts.html": [
        "index" "alerts (name, href, severities, owner, rules: how many, runbooks: title and href of each), count, without: how many have no runbook"
        "breadcrumbs" "as in page.html"
    ]
    "report.html": [
        "report" "errors, warnings, classes (code, class, about, errors, warnings, files, findings: severity, message, parts: the message in pieces, text and code: whether it stands in backticks, help, source, line, title and href of each, more: how many are left out), owners (name, errors, warnings, runbooks)"
        "breadcrumbs" "as in page.html"
    ]
    "reviews.html": [
        "reviews" "due (due, overdue, title, href, owner, last_reviewed of each, the earliest first), never (the same of those never reviewed), owners (name, runbooks, overdue, never, next), calendar: the address of the calendar file"
        "breadcrumbs" "as in page.html"
    ]
    "service.html": [
        "service" "name, href, description, owner, tier, escalation, contacts (what, text, href), declared: whether a file describes it, count, dependencies, dependents and alerts (name, href), reviews (title, href, due, overdue), gaps (name, pages), missing: the required cells without a runbook, coverage: its cells, as in coverage.html"
        "do_now" "cards of its operation runbooks"
        "keep_alive" "cards of its maintenance runbooks"
        "others" "cards of its runbooks without a scope"
        "generic" "cards of the runbooks for every service"
        "do_now_list" "the HTML list of `do_now`, as in page.html"
        "keep_alive_list" "the same of `keep_alive`"
        "others_list" "the same of `others`"
        "generic_list" "the same of `generic`"
        "picture" "the SVG of what depends on it and on what it depends, or nothing"
        "breadcrumbs" "as in page.html"
    ]
    "coverage.html": [
        "coverage" "covered, count, required, required_covered, states (name, count), tables (scope, tasks, rows: name, href, tier, cells), missing: the required cells without a runbook, optional (name, cells): the others, exempt: the cells that do not apply, json: the address of coverage.json; a cell is service, task, scope, state (current, never_exercised, stale, draft, missing, exempt), required, inherited, title, href, count, draft, reason, command"
        "breadcrumbs" "as in page.html"
    ]
    "decisions.html": [
        "decisions" "now, later: how many; owners (name, services: name, runbooks: title, href, now and later: id, text, number)"
        "breadcrumbs" "as in page.html"
    ]
    "404.html": [
        "breadcrumbs" "nothing"
    ]
    "redirect.html": [
        "redirect" "href, title, and fragments (id, href) that moved elsewhere"
    ]
    "atom.xml": [
        "feed" "updated and entries (card, changed, and of the commit that did: commit, author, subject)"
    ]
    "sitemap.xml": [
        "pages" "href and changed of every page"
    ]
}
