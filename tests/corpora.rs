//! Real runbooks that no one here wrote: they build as they are, and what is broken in them is found.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

mod support;

use scraper::{Html, Selector};
use support::{Run, Scratch, copy, corpora};

/// A project of one collection beside a four-line site.toml.
fn project(name: &str) -> Option<Scratch> {
    let folder = corpora()?.join(name);
    let scratch = Scratch::new();
    copy(&folder, &scratch.path().join("content"));
    scratch.write(
        "site.toml",
        format!("title = \"{name}\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n"),
    );
    Some(scratch)
}

fn errors(run: &Run) -> Vec<String> {
    run.findings()
        .into_iter()
        .filter(|line| line.starts_with("error"))
        .collect()
}

#[test]
fn prometheus_operators_runbooks_build_as_they_are() {
    let Some(scratch) = project("prometheus-operator-runbooks") else {
        return;
    };
    let run = scratch.build(&["--format", "json"]).expect(0);
    assert_eq!(errors(&run), Vec::<String>::new());
    check_links(&scratch);
}

/// 139 rules, each with a runbook URL: 27 of them lead to no page, and nothing else of them is wrong.
#[test]
fn kube_prometheus_has_27_rules_that_lead_nowhere() {
    let Some(folder) = corpora() else { return };
    let scratch = Scratch::new();
    copy(
        &folder.join("prometheus-operator-runbooks/content"),
        &scratch.path().join("content"),
    );
    scratch.write(
        "site.toml",
        "[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n[alerts]\nbase_urls = \
         [\"https://runbooks.prometheus-operator.dev/\"]\n",
    );
    let manifests = folder.join("kube-prometheus-rules/manifests");
    let rules = format!("{}/*.yaml", manifests.display());
    let run = scratch
        .run("check", &["--format", "json", "--rules", &rules])
        .expect(1);
    assert!(run.stderr.contains("139 alert rules"), "{}", run.stderr);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let all = json["diagnostics"].as_array().expect("a list");
    let about_alerts = |found: &&serde_json::Value| {
        found["code"]
            .as_str()
            .is_some_and(|code| code.starts_with("BND07"))
    };
    let dead: Vec<_> = all.iter().filter(about_alerts).collect();
    assert_eq!(dead.len(), 27, "{dead:#?}");
    let mut names = std::collections::BTreeSet::new();
    let mut likely = Vec::new();
    for found in dead {
        assert_eq!(found["code"], "BND0704", "{found}");
        let message = found["message"].as_str().expect("a message");
        let name = message.split('`').nth(1).expect("a name");
        // The annotation itself is what is marked.
        let file = found["file"].as_str().expect("a file");
        let text = std::fs::read_to_string(scratch.path().join(file)).expect("the rule file");
        let line = found["line"].as_u64().expect("a line") as usize - 1;
        let marked = text.lines().nth(line).expect("the line");
        assert!(marked.trim().starts_with("runbook_url: "), "{marked}");
        assert!(marked.ends_with(&name.to_lowercase()), "{name}: {marked}");
        let help = found["help"].as_str().expect("help");
        if let Some(page) = help
            .split('`')
            .nth(1)
            .filter(|_| help.contains("whose address"))
        {
            likely.push(format!("{name} {page}"));
        }
        names.insert(name.to_owned());
    }
    assert_eq!(names.len(), 26);
    likely.dedup();
    assert_eq!(
        likely,
        [
            "AlertmanagerClusterFailedPeers content/runbooks/alertmanager/AlertmanagerClusterDown.md",
            "KubeJobNotCompleted content/runbooks/kubernetes/KubeJobCompletion.md",
            "KubePersistentVolumeInodesFillingUp content/runbooks/kubernetes/KubePersistentVolumeFillingUp.md",
            "KubeAPIInstanceUnreachable content/runbooks/kubernetes/KubeAPIDown.md",
            "KubeletInstanceUnreachable content/runbooks/kubernetes/KubeletDown.md",
            "KubeSchedulerInstanceUnreachable content/runbooks/kubernetes/KubeSchedulerDown.md",
            "KubeControllerManagerInstanceUnreachable content/runbooks/kubernetes/KubeControllerManagerDown.md",
        ]
    );
}

#[test]
fn openshifts_runbooks_have_four_broken_links() {
    let Some(scratch) = project("openshift-runbooks") else {
        return;
    };
    let run = scratch.build(&["--format", "json"]).expect(1);
    let errors = errors(&run);
    assert_eq!(errors.len(), 4, "{errors:#?}");
    assert!(
        errors
            .iter()
            .all(|error| error.contains("BND0304") && error.contains("`link:`")),
        "{errors:#?}"
    );
    scratch.build(&["--lenient"]).expect(0);
    check_links(&scratch);
}

#[test]
fn every_collection_builds_leniently_with_every_page() {
    for name in [
        "aws-incident-response-playbooks",
        "mixin-runbooks",
        "moj-modernisation-platform",
        "pagerduty-incident-response",
        "scoutflo-sre-playbooks",
        "sig-release-handbooks",
    ] {
        let Some(scratch) = project(name) else { return };
        let pages = support::files(&scratch.path().join("content"))
            .into_keys()
            .filter(|path| path.ends_with(".md") || path.ends_with(".md.erb"))
            // Hidden folders are no content.
            .filter(|path| !path.split('/').any(|part| part.starts_with('.')))
            .count();
        let run = scratch.build(&["--lenient"]).expect(0);
        let summary = run.stderr.lines().last().unwrap_or_default().to_owned();
        assert!(
            summary.starts_with(&format!("built {pages} pages")),
            "{name}: {pages} pages, {summary}"
        );
        check_links(&scratch);
        check_words(&scratch, name);
    }
}

/// Every relative link of the published site leads to a file of it.
fn check_links(scratch: &Scratch) {
    let site = scratch.site();
    let selector =
        Selector::parse("a[href], img[src], link[href], script[src]").expect("a selector");
    for (name, bytes) in site.iter().filter(|(name, _)| name.ends_with(".html")) {
        let page = Html::parse_document(&String::from_utf8_lossy(bytes));
        for element in page.select(&selector) {
            let target = element
                .value()
                .attr("href")
                .or_else(|| element.value().attr("src"))
                .unwrap_or_default();
            if target.contains("://")
                || target.starts_with("//")
                || target.starts_with("mailto:")
                || target.starts_with("tel:")
            {
                continue;
            }
            let path = target.split(['#', '?']).next().unwrap_or_default();
            if path.is_empty() {
                continue;
            }
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
            for part in path.split('/') {
                match part {
                    "." | "" => {}
                    ".." => assert!(parts.pop().is_some(), "{name}: {target} leaves the site"),
                    part => parts.push(part),
                }
            }
            let wanted = parts
                .join("/")
                .replace("%20", " ")
                .replace("%3A", ":")
                .replace("%25", "%");
            assert!(
                site.contains_key(&wanted),
                "{name}: {target} leads to {wanted}, which is not there"
            );
        }
    }
}

/// No word of a page's source is swallowed: each plain word of its prose stands in its HTML.
fn check_words(scratch: &Scratch, name: &str) {
    let site = scratch.site();
    let mut all = String::new();
    for (path, bytes) in &site {
        if path.ends_with(".html") {
            let page = Html::parse_document(&String::from_utf8_lossy(bytes));
            all.extend(page.root_element().text());
            all.push('\n');
        }
    }
    let known: std::collections::HashSet<&str> =
        all.split(|c: char| !c.is_alphanumeric()).collect();
    let mut missing = Vec::new();
    for (path, bytes) in support::files(&scratch.path().join("content")) {
        if !path.ends_with(".md") || path.split('/').any(|part| part.starts_with('.')) {
            continue;
        }
        let text = without_comments(&String::from_utf8_lossy(&bytes));
        // Only lines of plain prose: no markup whose letters are not shown, no front matter.
        for line in text.lines().filter(|line| {
            !line.contains(['<', '&', '[', '(', '{', '\\', ':', '=', '!', '`', '|'])
                && !line.starts_with(['-', ' ', '\t', '#', '?'])
        }) {
            missing.extend(
                line.split(|c: char| !c.is_alphanumeric())
                    .filter(|word| word.len() > 3 && !known.contains(word))
                    .map(|word| format!("{path}: {word}")),
            );
        }
    }
    assert!(
        missing.is_empty(),
        "{name}: {} words are gone: {:?}",
        missing.len(),
        &missing[..missing.len().min(20)]
    );
}

/// `text` without HTML comments, which nobody is meant to see.
fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("<!--") {
        kept.push_str(&rest[..start]);
        rest = rest[start..]
            .find("-->")
            .map_or("", |end| &rest[start + end + 3..]);
    }
    kept + rest
}
