use kube_enroll_core::{Origin, Settings};

use super::Environment;

/// Returns whether other things may be served from the page's origin, whose scripts could use what the page stores: as
/// the settings say, else where the page is in a folder of a host, or its API outside of that folder. A folder of this
/// machine itself is nobody else's.
pub(super) fn is_shared_origin(settings: &Settings, environment: &Environment) -> bool {
    let folder = &environment.folder;
    match settings.origin {
        Some(origin) => origin == Origin::Shared,
        None => {
            (!environment.is_local && split(folder).1 != "/")
                || settings.api_base.as_deref().is_some_and(|base| !leads_into(folder, base))
        }
    }
}

/// Returns the address at which the server expects the page, or `None` if it is of the origin that the page has, or
/// none is said.
pub(super) fn other_address<'a>(settings: &'a Settings, environment: &Environment) -> Option<&'a str> {
    let expected = settings.public_url.as_deref().filter(|url| url.starts_with("http"))?;
    (split(expected).0 != split(&environment.folder).0).then_some(expected)
}

/// Returns whether a base, relative to a folder's URL, leads into that folder.
fn leads_into(folder: &str, base: &str) -> bool {
    let (origin, folder) = split(folder);
    let base = match base.strip_prefix(origin) {
        Some(path) if path.starts_with('/') => path,
        _ => base,
    };
    // Another origin; and what a browser does not read as a plain path.
    if base.starts_with("//") || base.contains([':', '?', '#', '%', '\\']) || base.contains(char::is_whitespace) {
        return false;
    }
    // The API's own paths are put behind it, with a slash.
    let path = if base.is_empty() || base.starts_with('/') { base.to_owned() } else { format!("{folder}{base}") };
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let own: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    segments.starts_with(&own)
}

/// Splits the URL of a folder into its origin and its path.
fn split(folder: &str) -> (&str, &str) {
    let host = folder.find("://").map_or(0, |scheme| scheme + 3);
    folder.split_at(folder[host..].find('/').map_or(folder.len(), |path| host + path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_shared(folder: &str, base: Option<&str>) -> bool {
        let settings = Settings { api_base: base.map(Into::into), ..Settings::default() };
        let is_local = folder.contains("127.0.0.1");
        is_shared_origin(&settings, &Environment { folder: folder.into(), is_local, ..Environment::default() })
    }

    #[test]
    fn takes_a_host_of_the_pages_own_for_its_own() {
        let host = "https://enroll.example.com/";
        for base in [
            None,
            Some("./"),
            Some("k8s"),
            Some("k8s/../"),
            Some("/"),
            Some(""),
            Some("/k8s/"),
            Some("https://enroll.example.com/k8s"),
        ] {
            assert!(!is_shared(host, base), "{base:?}");
        }
    }

    #[test]
    fn takes_an_api_of_another_origin_for_shared() {
        for base in [
            "https://api.example.com/",
            "//api.example.com/",
            "http://enroll.example.com/",
            "https://enroll.example.com:8443/",
            "https://enroll.example.com.evil.example/",
            "\\\\api.example.com",
            " //api.example.com",
        ] {
            assert!(is_shared("https://enroll.example.com/", Some(base)), "{base}");
        }
    }

    #[test]
    fn takes_a_folder_of_a_host_for_shared() {
        for base in [None, Some("./"), Some("/")] {
            assert!(is_shared("https://tools.example.com/enroll/", base), "{base:?}");
            assert!(is_shared("http://intranet/enroll/", base), "{base:?}");
        }
    }

    #[test]
    fn takes_an_api_outside_of_the_pages_folder_for_shared() {
        let folder = "http://127.0.0.1:8001/ui/";
        for base in ["/", "", "..", "../", "./../api", "/uix/", "%2e%2e/", "http://127.0.0.1:8001/"] {
            assert!(is_shared(folder, Some(base)), "{base}");
        }
        for base in [None, Some("./"), Some("/ui/"), Some("/ui"), Some("http://127.0.0.1:8001/ui/k8s")] {
            assert!(!is_shared(folder, base), "{base:?}");
        }
    }

    #[test]
    fn compares_its_address_with_the_servers() {
        let other = |public: &str, folder: &str| {
            let settings = Settings { public_url: Some(public.into()), ..Settings::default() };
            let environment = Environment { folder: folder.into(), ..Environment::default() };
            other_address(&settings, &environment).map(str::to_owned)
        };
        let public = "https://enroll.example.com:8443/enroll/";
        for folder in [public, "https://enroll.example.com:8443/"] {
            assert_eq!(other(public, folder), None, "{folder}");
        }
        for folder in ["https://enroll.example.com/enroll/", "http://enroll.example.com:8443/enroll/"] {
            assert_eq!(other(public, folder).as_deref(), Some(public), "{folder}");
        }
        assert_eq!(other("javascript:alert(1)", "https://enroll.example.com/"), None);
        assert_eq!(other_address(&Settings::default(), &Environment::default()), None);
    }

    #[test]
    fn believes_the_settings() {
        for (origin, folder) in [(Origin::Own, "https://a.example/enroll/"), (Origin::Shared, "https://a.example/")] {
            let settings = Settings { origin: Some(origin), ..Settings::default() };
            let environment = Environment { folder: folder.into(), ..Environment::default() };
            assert_eq!(is_shared_origin(&settings, &environment), origin == Origin::Shared);
        }
    }
}
