use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    flags: IdentityFlags,
}

fn flags(line: &str) -> IdentityFlags {
    Line::try_parse_from(["serve"].into_iter().chain(line.split_whitespace())).expect(line).flags
}

#[test]
fn refuses_flags_that_would_do_nothing_and_names_them() {
    for (line, flag) in [
        ("--user-header=x", "--user-header"),
        ("--groups-header=x", "--groups-header"),
        ("--identity=jwt --user-header=x", "--user-header"),
        ("--identity=jwt --groups-separator=;", "--groups-separator"),
        ("--identity=header --user-header=x --groups-separator=;", "--groups-separator"),
        ("--groups-separator=;", "--groups-separator"),
        ("--identity=header --jwt-header=x", "--jwt-header"),
        ("--identity=header --oidc-issuer-url=x", "--oidc-issuer-url"),
        ("--identity=header --oidc-client-id=x", "--oidc-client-id"),
        ("--identity=header --oidc-authorized-party=x", "--oidc-authorized-party"),
        ("--identity=header --oidc-username-claim=x", "--oidc-username-claim"),
        ("--identity=header --oidc-username-prefix=x", "--oidc-username-prefix"),
        ("--identity=header --oidc-groups-claim=x", "--oidc-groups-claim"),
        ("--identity=header --oidc-groups-prefix=x", "--oidc-groups-prefix"),
        ("--identity=header --oidc-signing-algs=RS256", "--oidc-signing-algs"),
        ("--oidc-required-claim=a=b", "--oidc-required-claim"),
        ("--oidc-ca-file=x", "--oidc-ca-file"),
        ("--oidc-jwks-url=x", "--oidc-jwks-url"),
        ("--oidc-keys-max-age=60", "--oidc-keys-max-age"),
        ("--oidc-jwks-file=x", "--oidc-jwks-file"),
        ("--identity=jwt --oidc-groups-prefix=x", "--oidc-groups-prefix"),
        ("--identity=jwt --oidc-jwks-file=x --oidc-ca-file=x", "--oidc-ca-file"),
        ("--identity=jwt --oidc-jwks-file=x --oidc-jwks-url=x", "--oidc-jwks-url"),
        ("--identity=jwt --oidc-jwks-file=x --oidc-keys-max-age=60", "--oidc-keys-max-age"),
        ("--sign-out-url=/x", "--sign-out-url"),
    ] {
        let error = flags(line).check_used().expect_err(line);
        assert!(matches!(&error, StartError::UnusedFlag { flag: found, .. } if *found == flag), "{line}: {error}");
    }
    for line in [
        "",
        "--trusted-proxy=10.0.0.0/8 --proxy-secret-file=x --proxy-secret-header=y",
        "--identity=header --user-header=x --groups-header=y --groups-separator=; --sign-out-url=/x",
        "--identity=jwt --oidc-groups-claim=x --oidc-groups-prefix=y --oidc-ca-file=z",
    ] {
        assert!(flags(line).check_used().is_ok(), "{line}");
    }
}

#[test]
fn sends_people_only_to_its_own_site_or_to_https_to_sign_out() {
    for url in ["/", "/oauth2/sign_out?rd=%2F", "https://auth.example.com/logout"] {
        assert_eq!(flags(&format!("--sign-out-url={url}")).sign_out().expect(url).as_deref(), Some(url));
    }
    for url in ["", "x", "//evil.example", "/\\evil.example", "http://a.example", "javascript:alert(1)", "https://"] {
        let flags = IdentityFlags { sign_out_url: Some(url.into()), ..IdentityFlags::default() };
        assert!(matches!(flags.sign_out(), Err(StartError::FlagValue { flag: "--sign-out-url", .. })), "{url:?}");
    }
    assert_eq!(flags("").sign_out().expect("none"), None);
}
