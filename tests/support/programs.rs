//! Where the programs are that the tests run: the variables of `scripts/env.sh`, else the newest in the cache folder.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Returns the program of `tests/control-plane`.
pub fn control_plane() -> PathBuf {
    tool("KUBE_ENROLL_CONTROL_PLANE", "control-plane-", "control-plane")
}

/// Returns the kubectl of the same Kubernetes version.
pub fn kubectl() -> PathBuf {
    tool("KUBE_ENROLL_KUBECTL", "control-plane-", "kubectl")
}

/// Returns the program that drives Firefox.
pub fn geckodriver() -> PathBuf {
    tool("GECKODRIVER", "geckodriver-", "geckodriver")
}

/// Returns the script that judges accessibility.
pub fn axe() -> PathBuf {
    tool("AXE_JS", "", "axe.min.js")
}

/// Returns the module of the OpenID provider.
pub fn oidc_provider() -> PathBuf {
    tool("OIDC_PROVIDER_JS", "oidc-provider-", "node_modules/oidc-provider/lib/index.js")
}

/// Returns the program that signs people in.
pub fn oauth2_proxy() -> PathBuf {
    tool("OAUTH2_PROXY", "oauth2-proxy-", "oauth2-proxy")
}

/// Returns the page as it is published: `dist`, built by `make test`.
pub fn page_dir() -> PathBuf {
    let dir = env::var_os("KUBE_ENROLL_DIST").map_or_else(|| repository().join("dist"), PathBuf::from);
    assert!(dir.join("index.html").is_file(), "{} has no index.html: run make test", dir.display());
    dir
}

/// Returns the folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in a folder of the repository")
}

/// Returns `kube-enroll`, which Cargo puts two folders above the test's own program.
pub fn kube_enroll() -> PathBuf {
    let test = env::current_exe().expect("the system knows the running program");
    let program = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST").join("kube-enroll");
    assert!(program.is_file(), "{} is missing: run make test", program.display());
    program
}

fn tool(variable: &str, folder_prefix: &str, name: &str) -> PathBuf {
    if let Some(path) = env::var_os(variable) {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "{variable} names {}, which is missing: run make test", path.display());
        return path;
    }
    let cache = env::var_os("KUBE_ENROLL_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        let home = env::var_os("HOME").expect("a person has a home folder");
        Path::new(&home).join(".cache/kube-enroll")
    });
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&cache)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(folder_prefix))
        .map(|entry| entry.path())
        .collect();
    folders.sort_by_key(|folder| folder.metadata().and_then(|metadata| metadata.modified()).ok());
    folders
        .iter()
        .rev()
        .find_map(|folder| find_below(folder, name, SEARCH_DEPTH))
        .unwrap_or_else(|| panic!("{name} is neither in {variable} nor in {}: run make test", cache.display()))
}

fn find_below(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let here = folder.join(name);
    if here.is_file() {
        return Some(here);
    }
    let mut folders = std::fs::read_dir(folder).ok()?.flatten().filter(|_| depth > 0);
    folders.find_map(|entry| find_below(&entry.path(), name, depth - 1))
}

/// How deep below a tool's own folder it may lie, as `node_modules/axe-core/axe.min.js` does.
const SEARCH_DEPTH: usize = 2;
