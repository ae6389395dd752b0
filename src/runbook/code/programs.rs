//! Programs: which words start a command for sure, and which commands open another shell.

use super::paint::run_end;

/// Whether a command opens another shell, in which a root's prompt may come next.
pub(super) fn opens_shell(command: &[u8]) -> bool {
    command
        .split(|byte| byte.is_ascii_whitespace())
        .any(|word| {
            matches!(
                word,
                b"debug"
                    | b"rsh"
                    | b"exec"
                    | b"ssh"
                    | b"su"
                    | b"sh"
                    | b"bash"
                    | b"/bin/sh"
                    | b"/bin/bash"
                    | b"zsh"
                    | b"chroot"
                    | b"run"
                    | b"attach"
                    | b"nsenter"
                    | b"toolbox"
                    | b"shell"
                    | b"login"
                    | b"console"
                    | b"enter"
                    | b"-i"
            )
        })
}

/// Whether a line starts with a program that runbooks call, or with an assignment.
pub(super) fn well_known(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let end = run_end(line, 0, |byte| {
        byte.is_ascii_alphanumeric() || b"-_./+".contains(&byte)
    });
    let word = &line[..end];
    if line.get(end) == Some(&b'=')
        && word
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'_' || byte.is_ascii_digit())
    {
        return end > 0;
    }
    if line
        .get(end)
        .is_some_and(|byte| !b" \t\r\\|;&".contains(byte))
    {
        return false;
    }
    std::str::from_utf8(word).is_ok_and(|word| {
        word.starts_with("./") || word.starts_with("/usr/") || PROGRAMS.binary_search(&word).is_ok()
    })
}

/// Programs that runbooks call, sorted.
const PROGRAMS: &[&str] = &[
    "ansible",
    "ansible-playbook",
    "apk",
    "apt",
    "apt-get",
    "argocd",
    "awk",
    "aws",
    "az",
    "bash",
    "bpftrace",
    "brew",
    "bundle",
    "cat",
    "cd",
    "ceph",
    "chmod",
    "chown",
    "chroot",
    "cilium",
    "cmctl",
    "consul",
    "cp",
    "crictl",
    "ctr",
    "curl",
    "cut",
    "date",
    "dd",
    "df",
    "diff",
    "dig",
    "dmesg",
    "dnf",
    "docker",
    "docker-compose",
    "du",
    "echo",
    "eksctl",
    "env",
    "esxcli",
    "etcdctl",
    "ethtool",
    "exec",
    "export",
    "fdisk",
    "ffmpeg",
    "find",
    "firewall-cmd",
    "flux",
    "for",
    "free",
    "fsck",
    "gcloud",
    "gh",
    "git",
    "go",
    "grep",
    "gsutil",
    "gunzip",
    "gzip",
    "head",
    "helm",
    "helmfile",
    "host",
    "hostname",
    "htop",
    "if",
    "ifconfig",
    "iostat",
    "ip",
    "ipmitool",
    "iptables",
    "istioctl",
    "java",
    "journalctl",
    "jq",
    "jstack",
    "k",
    "k9s",
    "kill",
    "kubeadm",
    "kubectl",
    "kubectx",
    "kubens",
    "kustomize",
    "less",
    "linkerd",
    "ln",
    "ls",
    "lsblk",
    "lscpu",
    "lsof",
    "ltrace",
    "lvs",
    "make",
    "mc",
    "mdadm",
    "minikube",
    "mkdir",
    "mount",
    "mpstat",
    "mtr",
    "mv",
    "mysql",
    "mysqladmin",
    "mysqldump",
    "nc",
    "netstat",
    "nft",
    "nginx",
    "nmap",
    "nmcli",
    "node",
    "nodetool",
    "nohup",
    "npm",
    "nslookup",
    "ntpq",
    "oc",
    "openssl",
    "openstack",
    "packer",
    "pg_ctl",
    "pg_dump",
    "pg_restore",
    "ping",
    "pip",
    "pip3",
    "pkill",
    "podman",
    "promtool",
    "ps",
    "psql",
    "pvs",
    "pwd",
    "python",
    "python3",
    "rabbitmqctl",
    "redis-cli",
    "resolvectl",
    "rm",
    "rmdir",
    "rpm",
    "rpm-ostree",
    "rsync",
    "sar",
    "scp",
    "sed",
    "service",
    "sestatus",
    "set",
    "sftp",
    "skopeo",
    "smartctl",
    "sort",
    "source",
    "ss",
    "ssh",
    "ssh-keygen",
    "stat",
    "strace",
    "su",
    "sudo",
    "swapoff",
    "swapon",
    "sync",
    "sysctl",
    "systemctl",
    "systemd-analyze",
    "tail",
    "tar",
    "tcpdump",
    "tee",
    "telnet",
    "terraform",
    "terragrunt",
    "test",
    "time",
    "timeout",
    "top",
    "touch",
    "tr",
    "traceroute",
    "trivy",
    "truncate",
    "ulimit",
    "umount",
    "unset",
    "unzip",
    "update-ca-trust",
    "uptime",
    "useradd",
    "usermod",
    "vagrant",
    "vault",
    "velero",
    "vgs",
    "vi",
    "vim",
    "virsh",
    "virtctl",
    "vmstat",
    "watch",
    "wc",
    "wget",
    "while",
    "xargs",
    "xfs_repair",
    "yarn",
    "yq",
    "yum",
    "zcat",
    "zfs",
    "zip",
    "zpool",
];

#[cfg(test)]
mod tests {
    use super::PROGRAMS;

    #[test]
    fn programs_are_sorted() {
        assert!(PROGRAMS.is_sorted());
    }
}
