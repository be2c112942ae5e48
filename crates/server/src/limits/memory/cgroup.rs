use std::{
    fs,
    path::{Path, PathBuf},
};

/// Returns the most memory that the kernel gives this process by its control groups, of either version
/// ([cgroup v2](https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files),
/// [v1](https://docs.kernel.org/admin-guide/cgroup-v1/memory.html)), in bytes; `None` where there is no such limit.
pub(crate) fn limit_bytes() -> Option<u64> {
    let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
    limit_of(&membership, Path::new("/sys/fs/cgroup"))
}

/// Returns the least limit of the groups that `membership` names (`/proc/PID/cgroup`, cgroups(7)), and of those around
/// them.
fn limit_of(membership: &str, mount: &Path) -> Option<u64> {
    let groups = membership.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, group) = (fields.next()?, fields.next()?, fields.next()?);
        if controllers.is_empty() {
            return Some((mount.to_owned(), group, "memory.max"));
        }
        let has_memory = controllers.split(',').any(|controller| controller == "memory");
        has_memory.then(|| (mount.join("memory"), group, "memory.limit_in_bytes"))
    });
    let limits = groups.flat_map(|(mount, group, file)| around(&mount, group).map(move |folder| folder.join(file)));
    limits
        .filter_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok())
        .filter(|limit| *limit < UNLIMITED)
        .min()
}

/// Returns the folders of a group and of those around it. In a container the path may be the one outside, which is not
/// there; then only the container's own, the root of what is mounted, is.
fn around(mount: &Path, group: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let group = Path::new(group.trim_start_matches('/'));
    let folders: Vec<_> = group.ancestors().map(|folder| mount.join(folder)).collect();
    folders.into_iter()
}

/// Version 1 has no word for it, but a number near to 2^63.
const UNLIMITED: u64 = 1 << 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(membership: &str, files: &[(&str, &str)]) -> Option<u64> {
        let mount = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = mount.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        limit_of(membership, mount.path())
    }

    #[test]
    fn finds_the_least_limit_of_either_version() {
        let v2 = "0::/pods/pod1/server\n";
        let files = [
            ("pods/memory.max", "max\n"),
            ("pods/pod1/memory.max", "268435456\n"),
            ("pods/pod1/server/memory.max", "536870912\n"),
        ];
        assert_eq!(limit(v2, &files), Some(256 << 20));
        // Seen from inside of a container, with a namespace of its own and without.
        assert_eq!(limit("0::/\n", &[("memory.max", "134217728\n")]), Some(128 << 20));
        assert_eq!(limit("0::/kubepods/x\n", &[("memory.max", "134217728\n")]), Some(128 << 20));

        let v1 = "5:cpu,cpuacct:/x\n4:memory:/pods/x\n0::/\n";
        let files = [("memory/pods/x/memory.limit_in_bytes", "134217728\n"), ("cpu/x/memory.max", "1\n")];
        assert_eq!(limit(v1, &files), Some(128 << 20));
    }

    #[test]
    fn finds_none_where_there_is_none() {
        assert_eq!(limit("0::/\n", &[]), None);
        assert_eq!(limit("0::/x\n", &[("x/memory.max", "max\n")]), None);
        assert_eq!(limit("4:memory:/\n", &[("memory/memory.limit_in_bytes", "9223372036854771712\n")]), None);
        assert_eq!(limit("nonsense\n::\n", &[("memory.max", "many\n")]), None);
    }
}
