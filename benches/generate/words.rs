//! The words, sentences and code that generated runbooks are made of. `~name~` is filled in by `page.rs`.

pub(crate) const SERVICES: [&str; 30] = [
    "payments-api",
    "payments-ledger",
    "checkout",
    "cart",
    "catalogue",
    "search-index",
    "pricing",
    "invoicing",
    "identity",
    "sessions",
    "mail-relay",
    "notifier",
    "webhooks",
    "media-store",
    "thumbnailer",
    "edge-proxy",
    "dns",
    "object-store",
    "orders-db",
    "users-db",
    "events-bus",
    "job-runner",
    "scheduler",
    "metrics-store",
    "log-pipeline",
    "tracing",
    "build-farm",
    "artifact-cache",
    "vpn-gateway",
    "secrets-broker",
];

pub(crate) const TAGS: [&str; 40] = [
    "alerting",
    "autoscaling",
    "backup",
    "batch",
    "cache",
    "capacity",
    "certificates",
    "cloud",
    "compliance",
    "cost",
    "cpu",
    "database",
    "deploys",
    "disk",
    "dns",
    "encryption",
    "failover",
    "firewall",
    "ingress",
    "kernel",
    "kubernetes",
    "latency",
    "load-balancer",
    "logging",
    "memory",
    "metrics",
    "migration",
    "network",
    "on-call",
    "postgres",
    "queue",
    "quota",
    "replication",
    "restore",
    "scaling",
    "secrets",
    "security",
    "storage",
    "tls",
    "upgrade",
];

/// A section is one area and one kind of thing: 20 x 12 folders, and numbered ones after that.
pub(crate) const AREAS: [&str; 20] = [
    "billing",
    "checkout",
    "content",
    "customers",
    "delivery",
    "edge",
    "finance",
    "fraud",
    "growth",
    "identity",
    "logistics",
    "media",
    "messaging",
    "observability",
    "partners",
    "platform",
    "reporting",
    "search",
    "storefront",
    "warehouse",
];

pub(crate) const SUBJECTS: [&str; 12] = [
    "databases",
    "queues",
    "gateways",
    "batch-jobs",
    "caches",
    "clusters",
    "storage",
    "networks",
    "workers",
    "certificates",
    "pipelines",
    "hosts",
];

pub(crate) const OPERATION_VERBS: [&str; 18] = [
    "restart",
    "drain",
    "fail over",
    "restore",
    "scale out",
    "roll back",
    "isolate",
    "unblock",
    "throttle",
    "re-run",
    "warm up",
    "stop",
    "recover",
    "reroute",
    "free up",
    "promote",
    "detach",
    "check",
];

pub(crate) const MAINTENANCE_VERBS: [&str; 18] = [
    "upgrade", "patch", "rotate", "rebuild", "resize", "migrate", "archive", "clean up", "harden",
    "retire", "re-index", "rehearse", "replace", "tune", "audit", "renew", "split", "document",
];

pub(crate) const COMPONENTS: [&str; 25] = [
    "primary",
    "read replica",
    "connection pool",
    "write-ahead log",
    "consumer group",
    "dead-letter queue",
    "ingress controller",
    "sidecar",
    "job scheduler",
    "cache tier",
    "object bucket",
    "session store",
    "certificate chain",
    "key ring",
    "backup volume",
    "log shipper",
    "metrics scraper",
    "message broker",
    "load balancer",
    "worker pool",
    "search shard",
    "config map",
    "service mesh",
    "node group",
    "rate limiter",
];

pub(crate) const CONDITIONS: [&str; 24] = [
    "after a lost zone",
    "before a release",
    "when the disk fills up",
    "when latency doubles",
    "during a rollout",
    "after a restore",
    "when the quorum is lost",
    "at the end of the quarter",
    "when retries pile up",
    "after a failed deploy",
    "when the lease expires",
    "under heavy load",
    "with no customer impact",
    "after a network split",
    "when memory runs short",
    "in a second region",
    "when the lag grows",
    "after a key was leaked",
    "when health checks flap",
    "on old hardware",
    "after a kernel update",
    "when writes are refused",
    "before the certificate expires",
    "outside office hours",
];

pub(crate) const OWNERS: [&str; 12] = [
    "team-atlas",
    "team-basalt",
    "team-cedar",
    "team-delta",
    "team-ember",
    "team-fjord",
    "team-granite",
    "team-harbour",
    "team-iris",
    "team-juniper",
    "team-kestrel",
    "team-larch",
];

pub(crate) const OPERATION_TASKS: [&str; 12] = [
    "health-check",
    "start-stop",
    "deploy",
    "rollback",
    "scale",
    "failover",
    "backup",
    "restore",
    "alert-response",
    "degrade",
    "access",
    "batch-rerun",
];

pub(crate) const MAINTENANCE_TASKS: [&str; 12] = [
    "patch",
    "upgrade",
    "cert-rotation",
    "secret-rotation",
    "capacity",
    "data-cleanup",
    "schema-change",
    "recovery-drill",
    "dependency-eol",
    "defect-fix",
    "hardening",
    "decommission",
];

pub(crate) const KINDS: [&str; 5] = [
    "corrective",
    "preventive",
    "adaptive",
    "additive",
    "perfective",
];

pub(crate) const ACCESS: [&str; 8] = [
    "bastion login",
    "cluster admin",
    "database superuser",
    "on-call rota",
    "cloud console",
    "vault operator",
    "network change window",
    "release manager",
];

pub(crate) const ALERT_SUBJECTS: [&str; 12] = [
    "Replication",
    "Queue",
    "Disk",
    "Latency",
    "ErrorRate",
    "Certificate",
    "Memory",
    "Backup",
    "Throughput",
    "Scrape",
    "Quorum",
    "Rollout",
];

pub(crate) const ALERT_STATES: [&str; 10] = [
    "Lagging",
    "Full",
    "TooHigh",
    "Failing",
    "Missing",
    "Expiring",
    "Degraded",
    "Stuck",
    "Flapping",
    "Exhausted",
];

pub(crate) const METRICS: [&str; 12] = [
    "http_request_duration_seconds",
    "queue_oldest_message_seconds",
    "replication_lag_bytes",
    "container_memory_working_set_bytes",
    "node_filesystem_avail_bytes",
    "http_requests_total",
    "consumer_commit_failures_total",
    "tls_certificate_expiry_seconds",
    "backup_last_success_timestamp",
    "connection_pool_waiting",
    "cache_evictions_total",
    "job_last_duration_seconds",
];

/// The headings of an operation runbook; every page has six.
pub(crate) const OPERATION_HEADINGS: [&str; 6] = [
    "Meaning",
    "Impact",
    "Diagnosis",
    "Steps",
    "Verification",
    "Rollback",
];

/// The headings of a maintenance runbook.
pub(crate) const MAINTENANCE_HEADINGS: [&str; 6] = [
    "Purpose",
    "Before you start",
    "Steps",
    "Verification",
    "Rollback",
    "Escalation and hand-over",
];

pub(crate) const SENTENCES: [&str; 36] = [
    "The ~component~ of **~service~** holds about ~n~ GB, and a cold start takes ~m~ minutes.",
    "Nobody outside ~owner~ should need to touch the ~component~ while this is going on.",
    "Most of the time the cause is a slow ~component~ rather than a lost one.",
    "Watch `~metric~` for at least ~m~ minutes before you decide that it has settled.",
    "If the value stays above ~n~ for longer than that, treat it as an outage and say so in the incident channel.",
    "Customers see slower pages first, and errors only once the ~component~ refuses new connections.",
    "The numbers in the table are those of a normal weekday; ~condition~ they can be twice as high.",
    "Traffic to ~service~ is spread over ~m~ pods in ~k~ zones, and one zone alone carries it at night.",
    "Do not skip the drain: requests in flight are retried only once by the caller.",
    "The change is small, but it cannot be taken back without a copy of the old state.",
    "A second pair of eyes is worth the wait unless customers are already affected.",
    "Everything here can be done from the bastion host `~host~`; no console access is needed.",
    "The dashboard of ~service~ shows the same figures with a delay of one minute.",
    "When two alerts fire together, start with the ~component~, since the other one usually follows from it.",
    "This happened ~m~ times last year, mostly ~condition~.",
    "The limit of ~n~ was chosen after a load test and has held since.",
    "Writes are queued for up to ~m~ minutes, so there is no need to hurry the first steps.",
    "Note the time in UTC before each step, because the audit log is ordered by it.",
    "It is safe to stop after any step and to come back later.",
    "The ~component~ keeps its old settings until it is reloaded, even if the file says otherwise.",
    "If `~pod~` is the only pod that complains, delete it and look at the node underneath.",
    "Reads go on while this is running; writes to ~service~ wait for less than a second.",
    "The on-call engineer of ~owner~ decides whether the release train has to wait.",
    "An empty answer is not a good sign: it means that the exporter itself is down.",
    "Plan ~m~ minutes for the work and the same again for watching it.",
    "There are ~k~ ways to get here, and all of them leave a line in the log of `~host~`.",
    "Older hosts need the long way, which is described further down.",
    "Compare what you see with the last run; the notes are kept beside the ticket.",
    "Tell support first when more than ~n~ customers are affected.",
    "The alarm has a delay of ~m~ minutes, so the trouble is older than it looks.",
    "Keep the old ~component~ for ~k~ days and remove it only after the next backup went through.",
    "None of the commands below deletes data, but two of them cut connections.",
    "The service account of ~service~ may read everything here and write nothing.",
    "Both sides of the ~component~ have to run version ~version~ or later.",
    "A restart hides the cause, so save the logs of `~pod~` before anything else.",
    "What helped last time is not always what helps now; look at the facts first.",
];

/// What is done, what is seen then, what to do if it is not.
pub(crate) const STEPS: [(&str, &str, &str); 18] = [
    (
        "Log in to the bastion with `ssh ~host~` and open a session that survives a lost line.",
        "the prompt names `~host~`.",
        "use the second bastion and tell ~owner~.",
    ),
    (
        "Set a silence of ~m~ minutes for ~service~, with the ticket's number in the comment.",
        "the silence is listed as active.",
        "go on; the pages are only noise.",
    ),
    (
        "Save the state of the ~component~ with `~service~-ctl export --to /var/tmp/~service~-~n~.json`.",
        "a file of more than ~n~ bytes.",
        "stop here, since there would be no way back.",
    ),
    (
        "Drain `~pod~` and wait until no request is left.",
        "`~metric~` falls to zero within ~m~ minutes.",
        "take the pod out of the load balancer by hand.",
    ),
    (
        "Stop the writers with `systemctl stop ~service~-writer`.",
        "`inactive (dead)` on all ~k~ hosts.",
        "find the host with `~service~-ctl who` and stop it there.",
    ),
    (
        "Apply the new settings from the repository, with no edit on the host.",
        "the diff shows ~k~ changed lines and no more.",
        "someone else was here; ask before you go on.",
    ),
    (
        "Reload the ~component~ and follow its log.",
        "a line that ends with `ready` after at most ~m~ seconds.",
        "put the old settings back and read the first error.",
    ),
    (
        "Run the consistency check with `~service~-ctl verify --sample ~n~`.",
        "`0 differences`.",
        "repeat it once, then call ~owner~.",
    ),
    (
        "Start the writers again, one host after the other.",
        "the queue gets shorter from the first host on.",
        "stop that host and try the next one.",
    ),
    (
        "Send one request by hand with `curl -fsS https://~service~.~ns~.svc/healthz`.",
        "`ok` within ~n~ ms.",
        "look at the ~component~ first, not at the code.",
    ),
    (
        "Promote the second copy with `~service~-ctl promote --yes`.",
        "the role of `~pod~` is `primary`.",
        "do not force it; the old primary may still take writes.",
    ),
    (
        "Scale the deployment to ~m~ pods.",
        "all of them are `Running` after ~k~ minutes.",
        "the quota is used up; ask for ~m~ more cores.",
    ),
    (
        "Free the space that old exports take below `/srv/~service~`.",
        "at least ~n~ GB are free.",
        "move the newest export to the object store too.",
    ),
    (
        "Ask the second engineer to read the plan aloud.",
        "no open question.",
        "clear it up before the next step.",
    ),
    (
        "Switch the name `~service~.internal` over to the new address.",
        "`dig +short` shows the new address from ~k~ resolvers.",
        "wait for the old lifetime of ~n~ seconds to pass.",
    ),
    (
        "Remove the silence and watch the alert for ~m~ minutes.",
        "it stays green.",
        "set the silence again and go back to the diagnosis.",
    ),
    (
        "Write down what was done in the ticket, with the times.",
        "the ticket has the owner and a date.",
        "the next on-call engineer has to ask you.",
    ),
    (
        "Trigger one backup by hand and read its last line.",
        "`completed` and a size near ~n~ GB.",
        "do not close the ticket; the old backup is the only one.",
    ),
];

pub(crate) const TASKS: [&str; 14] = [
    "The silence of ~service~ is removed",
    "`~metric~` is back below ~n~",
    "Support knows that it is over",
    "The ticket names the cause and the owner",
    "The old ~component~ is kept for ~k~ days",
    "A follow-up for ~owner~ is in the backlog",
    "The dashboard shows ~m~ healthy pods",
    "No temporary rule is left on `~host~`",
    "The last backup is younger than ~m~ hours",
    "The times in the incident log are in UTC",
    "The second engineer has read the diff",
    "The exported state is deleted from `/var/tmp`",
    "The release train is running again",
    "The page says what was different this time",
];

/// Code as it stands in runbooks: language and text. Shell makes half of what is picked.
pub(crate) const BASH: [&str; 6] = [
    "set -euo pipefail\nexport NAMESPACE=~ns~ SERVICE=~service~\n\n# Which pods restarted, and why?\nfor pod in $(kubectl -n \"$NAMESPACE\" get pods -l app=\"$SERVICE\" -o name); do\n  kubectl -n \"$NAMESPACE\" get \"$pod\" \\\n    -o jsonpath='{.metadata.name} {.status.containerStatuses[0].restartCount}{\"\\n\"}'\ndone | sort -k2 -n -r | head -n ~m~",
    "kubectl -n ~ns~ cordon ~host~\nkubectl drain ~host~ --ignore-daemonsets --delete-emptydir-data --timeout=~n~s\nkubectl -n ~ns~ rollout restart deployment/~service~\nkubectl -n ~ns~ rollout status deployment/~service~ --timeout=~m~m || exit 1",
    "backup=/srv/backup/~service~/$(date -u +%F).dump\nif ! pg_dump --format=custom --jobs=~k~ --file=\"$backup\" ~service~; then\n  echo \"the dump of ~service~ failed\" >&2\n  exit 1\nfi\nsha256sum \"$backup\" | tee \"$backup.sha256\"\nfind /srv/backup/~service~ -name '*.dump' -mtime +~m~ -print -delete",
    "$ systemctl status ~service~ --no-pager | head -n ~k~\n$ journalctl -u ~service~ --since '~m~ minutes ago' | grep -c 'timeout after ~n~ ms'\n$ ss -tn state established '( sport = :~port~ )' | wc -l\n$ sudo systemctl restart ~service~",
    "#!/bin/sh\n# Counts what waits in the queue of ~service~, and stops when it is short enough.\nlimit=${1:-~n~}\nwhile :; do\n  left=$(curl -fsS \"http://~host~:~port~/queue\" | jq '.waiting // 0')\n  [ \"$left\" -le \"$limit\" ] && break\n  printf '%s %d left\\n' \"$(date -u +%T)\" \"$left\"\n  sleep ~m~\ndone",
    "openssl s_client -connect ~service~.~ns~.svc:~port~ -servername ~service~ </dev/null 2>/dev/null \\\n  | openssl x509 -noout -enddate -subject\nvault write -format=json pki/issue/~service~ common_name=~service~.~ns~.svc ttl=~n~h \\\n  > /var/tmp/~service~.json\njq -r '.data.certificate' /var/tmp/~service~.json > tls.crt",
];

pub(crate) const CONSOLE: [&str; 4] = [
    "$ kubectl -n ~ns~ get pods -l app=~service~\nNAME                         READY   STATUS    RESTARTS   AGE\n~pod~   1/1     Running   0          ~m~h\n~pod~-b   0/1     Pending   ~k~          ~m~m\n$ kubectl -n ~ns~ logs ~pod~ --tail=2\nlevel=warn msg=\"slow answer\" peer=~host~ ms=~n~\nlevel=error msg=\"giving up\" after=~m~",
    "$ df -h /srv/~service~\nFilesystem      Size  Used Avail Use% Mounted on\n/dev/nvme1n1    ~n~G  ~n~G  ~m~G  9~k~% /srv/~service~\n$ sudo du -xsh /srv/~service~/* | sort -h | tail -n 2\n~m~G\t/srv/~service~/wal\n~n~G\t/srv/~service~/data",
    "# ~service~-ctl replication status --host ~host~\nrole: replica\nlag_bytes: ~n~12\nlast_applied: 0/~n~A~k~\n# ~service~-ctl replication resume --host ~host~\nresumed after ~m~ s",
    "$ dig +short ~service~.internal @~host~\n10.~k~.~m~.~k~7\n$ curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' https://~service~.internal:~port~/healthz\n200 0.~n~",
];

pub(crate) const YAML: [&str; 4] = [
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ~service~\n  namespace: ~ns~\n  labels: {app: ~service~, team: ~owner~}\nspec:\n  replicas: ~m~\n  template:\n    spec:\n      containers:\n        - name: ~service~\n          image: \"registry.example.org/~service~:~version~\"\n          ports:\n            - containerPort: ~port~",
    "groups:\n  - name: ~service~.rules\n    rules:\n      - alert: ~alert~\n        expr: rate(~metric~[5m]) > ~n~\n        for: ~m~m\n        labels:\n          severity: critical\n        annotations:\n          summary: \"{{ $labels.instance }} is over ~n~\"",
    "# The limits of ~service~, as agreed with ~owner~\nresources:\n  requests: {cpu: ~n~m, memory: ~n~Mi}\n  limits:\n    memory: \"~n~5Mi\"\nautoscaling:\n  enabled: true\n  minReplicas: ~k~\n  maxReplicas: ~m~\n  targetCPU: 70",
    "- name: Restart ~service~ one host at a time\n  hosts: ~ns~\n  serial: ~k~\n  become: true\n  tasks:\n    - name: Wait until the port is open\n      ansible.builtin.wait_for:\n        host: ~host~\n        port: ~port~\n        timeout: ~n~",
];

pub(crate) const JSON: [&str; 3] = [
    "{\n  \"service\": \"~service~\",\n  \"namespace\": \"~ns~\",\n  \"checks\": [\n    {\"name\": \"~metric~\", \"limit\": ~n~, \"ok\": false},\n    {\"name\": \"port\", \"limit\": ~port~, \"ok\": true}\n  ],\n  \"since\": null,\n  \"attempts\": ~m~\n}",
    "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Sid\": \"Read~n~\",\n      \"Effect\": \"Allow\",\n      \"Action\": [\"s3:GetObject\", \"s3:ListBucket\"],\n      \"Resource\": \"arn:aws:s3:::~service~-~ns~/*\"\n    }\n  ]\n}",
    "{\"time\": \"2026-03-0~k~T1~k~:04:05Z\", \"level\": \"error\", \"host\": \"~host~\", \"msg\": \"write refused\", \"ms\": ~n~}\n{\"time\": \"2026-03-0~k~T1~k~:04:06Z\", \"level\": \"warn\", \"host\": \"~host~\", \"msg\": \"retrying\", \"attempt\": ~k~}\n{\"time\": \"2026-03-0~k~T1~k~:04:09Z\", \"level\": \"info\", \"host\": \"~host~\", \"msg\": \"recovered\", \"ms\": ~m~.5}",
];

pub(crate) const TOML: [&str; 2] = [
    "# /etc/~service~/config.toml on ~host~\n[server]\nlisten = \"0.0.0.0:~port~\"\nworkers = ~m~\n\n[limits]\nmax_connections = ~n~\nidle_timeout = \"~m~s\"\nretry = [1, ~k~, ~m~]\n\n[tls]\nenabled = true\ncertificate = '/etc/~service~/tls.crt'",
    "[[upstream]]\nname = \"~service~\"\naddress = \"~host~:~port~\"\nweight = ~m~\n\n[[upstream]]\nname = \"~service~-standby\"\naddress = \"~pod~.~ns~:~port~\"\nweight = 0\nchecked = 2026-02-1~k~T08:00:00Z",
];

pub(crate) const PROMQL: [&str; 4] = [
    "# The slowest hundredth of the answers of ~service~\nhistogram_quantile(\n  0.99,\n  sum by (le, instance) (\n    rate(~metric~_bucket{job=\"~service~\", namespace=\"~ns~\"}[5m])\n  )\n) > 0.~n~",
    "sum(rate(~metric~{job=\"~service~\", code=~\"5..\"}[~m~m]))\n  / sum(rate(~metric~{job=\"~service~\"}[~m~m]))\n  * 100 > ~k~",
    "max by (instance) (~metric~{namespace=\"~ns~\", instance!~\"~host~.*\"})\n  - on (instance) group_left (zone)\n    min_over_time(~metric~{namespace=\"~ns~\"}[1h] offset ~m~m)",
    "predict_linear(~metric~{job=\"~service~\"}[6h], ~k~ * 3600) < 0\n  and on (instance) ~metric~ < ~n~e6\n  unless on (instance) up{job=\"~service~\"} == 0",
];
