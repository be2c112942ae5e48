use super::quote::{openssl_subject_value, posix, powershell};
use crate::{
    Algorithm, Cluster, FileName, Namespace, ObjectName, Subject, UserName,
    csr::{API_VERSION, KIND, SIGNER_NAME, USAGES},
    kubeconfig::context_name,
};

/// Describes the object, with its subject and its requesting user.
pub fn describe(name: &ObjectName) -> String {
    format!("kubectl describe csr {name}")
}

/// Prints the requested subject, from the cluster's copy of the request.
pub fn print_subject(name: &ObjectName) -> String {
    format!("{} | openssl req -noout -subject -nameopt utf8,esc_ctrl,sep_multiline", request_of(name))
}

/// Prints the fingerprint of the key, from the cluster's copy of the request.
pub fn print_fingerprint(name: &ObjectName) -> String {
    format!(
        "{} | openssl req -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -c",
        request_of(name)
    )
}

/// Approves the object.
pub fn approve(name: &ObjectName) -> String {
    format!("kubectl certificate approve {name}")
}

/// Denies the object.
pub fn deny(name: &ObjectName) -> String {
    format!("kubectl certificate deny {name}")
}

/// Makes a private key with openssl into the file `enroll.key`.
pub fn make_key(algorithm: Algorithm) -> String {
    let options = match algorithm {
        Algorithm::Rsa2048 => "RSA -pkeyopt rsa_keygen_bits:2048",
        Algorithm::Rsa3072 => "RSA -pkeyopt rsa_keygen_bits:3072",
        Algorithm::Rsa4096 => "RSA -pkeyopt rsa_keygen_bits:4096",
        Algorithm::EcdsaP256 => "EC -pkeyopt ec_paramgen_curve:P-256",
        Algorithm::EcdsaP384 => "EC -pkeyopt ec_paramgen_curve:P-384",
        Algorithm::Ed25519 => "ED25519",
    };
    format!("sh -c 'umask 077; openssl genpkey -algorithm {options} -out enroll.key'")
}

/// Makes the request with openssl from `enroll.key` into the file `enroll.csr`. Returns `None` where openssl refuses a
/// name for its length ([`MAX_OPENSSL_NAME_CHARACTERS`]).
pub fn make_request(subject: &Subject, algorithm: Algorithm) -> Option<String> {
    let mut names = std::iter::once(subject.user().as_str()).chain(subject.groups().iter().map(|group| group.as_str()));
    if names.any(|name| name.chars().count() > MAX_OPENSSL_NAME_CHARACTERS) {
        return None;
    }
    let mut subj = format!("/CN={}", openssl_subject_value(subject.user()));
    for group in subject.groups() {
        subj.push_str("/O=");
        subj.push_str(&openssl_subject_value(group));
    }
    let digest = match algorithm {
        Algorithm::Rsa2048 | Algorithm::Rsa3072 | Algorithm::Rsa4096 | Algorithm::EcdsaP256 => " -sha256",
        Algorithm::EcdsaP384 => " -sha384",
        Algorithm::Ed25519 => "",
    };
    Some(format!("openssl req -new{digest} -utf8 -key enroll.key -subj {} -out enroll.csr", posix(&subj)))
}

/// Creates the object from `enroll.csr`.
pub fn create_object(name: &ObjectName, expiration_seconds: u32) -> String {
    format!(
        "printf '{}' \"$(base64 < enroll.csr | tr -d '\\n')\" | kubectl create -f -",
        manifest(name, "%s", expiration_seconds)
    )
}

/// Writes the object as YAML, as `kubectl apply -f` takes it. `request` is base64 of the PEM.
pub fn manifest(name: &ObjectName, request: &str, expiration_seconds: u32) -> String {
    format!(
        "apiVersion: {API_VERSION}\n\
         kind: {KIND}\n\
         metadata:\n\
         \x20 name: {name}\n\
         spec:\n\
         \x20 signerName: {SIGNER_NAME}\n\
         \x20 expirationSeconds: {expiration_seconds}\n\
         \x20 usages:\n\
         \x20 - {}\n\
         \x20 request: {request}\n",
        USAGES[0]
    )
}

/// Creates the object from a file with [`manifest`].
pub fn apply(file: &str) -> String {
    format!("kubectl apply -f {}", posix(file))
}

/// Prints the object, with the certificate once it is issued.
pub fn get_object(name: &ObjectName) -> String {
    format!("kubectl get csr {name} -o yaml")
}

/// Waits for the decision.
pub fn wait_for_approval(name: &ObjectName) -> String {
    format!("kubectl wait --for=condition=Approved --timeout=24h csr {name}")
}

/// Fetches the certificate into the file `enroll.crt`.
pub fn fetch_certificate(name: &ObjectName) -> String {
    format!("kubectl get csr {name} -o jsonpath='{{.status.certificate}}' | base64 -d > enroll.crt")
}

/// Prints the certificate's subject, issuer, validity and purposes, of which `SSL client` must be one; the option
/// `-ext`, which LibreSSL does not have, would print the extended key usage itself.
pub fn print_certificate() -> String {
    "openssl x509 -in enroll.crt -noout -subject -issuer -dates -purpose".into()
}

/// Puts key and certificate into a kubeconfig. The cluster's authorities come from the file `ca.crt` where it has
/// its own.
pub fn assemble(file: &FileName, user: &UserName, cluster: &Cluster) -> String {
    let context = context_name(user, cluster);
    let (context, context_argument) = (posix(&context), argument(&context));
    let (file, name, name_argument) = (posix(file.as_str()), posix(cluster.name()), argument(cluster.name()));
    let authorities = cluster
        .certificate_authority_data()
        .map_or_else(String::new, |base64| format!("printf %s {} | base64 -d > ca.crt\n", posix(base64)));
    let embed = if authorities.is_empty() { "" } else { " --certificate-authority=ca.crt --embed-certs" };
    let tls = cluster.tls_server_name().map_or_else(String::new, |name| format!(" --tls-server-name={}", posix(name)));
    let proxy = cluster.proxy_url().map_or_else(String::new, |url| format!(" --proxy-url={}", posix(url)));
    format!(
        "{authorities}\
         kubectl --kubeconfig={file} config set-cluster --server={}{tls}{proxy}{embed} {name_argument}\n\
         kubectl --kubeconfig={file} config set-credentials --client-key=enroll.key --client-certificate=enroll.crt --embed-certs {context_argument}\n\
         kubectl --kubeconfig={file} config set-context --cluster={name} --user={context} {context_argument}\n\
         kubectl --kubeconfig={file} config use-context {context_argument}",
        posix(cluster.server())
    )
}

/// Makes the file readable by its owner only.
pub fn protect(file: &FileName) -> String {
    format!("chmod 600 {}", posix(file.as_str()))
}

/// Prints the user that the file authenticates (`kubectl auth whoami`).
pub fn whoami(file: &FileName) -> String {
    format!("kubectl --kubeconfig={} auth whoami", posix(file.as_str()))
}

/// Merges the file into the person's own kubeconfig: the first file of `$KUBECONFIG`, or `~/.kube/config`. It comes
/// first, since the first file wins for a name that both have; the result goes to a new file, since the shell empties
/// its target before kubectl reads it, and takes the old one's place only if kubectl could read both.
pub fn merge(file: &FileName) -> String {
    // A file name has no character that is special between double quotes, nor a single quote.
    format!(
        "sh -c 'umask 077; config=\"${{KUBECONFIG#:}}\"; config=\"${{config%%:*}}\"; config=\"${{config:-$HOME/.kube/config}}\"\n\
         \x20 mkdir -p \"$(dirname \"$config\")\" &&\n\
         \x20 KUBECONFIG=\"{}:$config\" kubectl config view --flatten > \"$config.new\" &&\n\
         \x20 mv \"$config.new\" \"$config\"'",
        file.as_str()
    )
}

/// Merges the file like [`merge`], for PowerShell 5 and later: `;` between the files, and UTF-8 without a byte order
/// mark. No test runs it: it keeps to PowerShell's documentation of
/// [environment variables](https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_environment_variables),
/// where a variable that is set to `$null` is removed.
pub fn merge_powershell(file: &FileName) -> String {
    format!(
        "$before = $env:KUBECONFIG\n\
         $config = $before -split ';' | Where-Object {{ $_ }} | Select-Object -First 1\n\
         if (-not $config) {{ $config = \"$HOME/.kube/config\" }}\n\
         New-Item -ItemType Directory -Force (Split-Path $config) | Out-Null\n\
         [Console]::OutputEncoding = [Text.UTF8Encoding]::new($false)\n\
         $env:KUBECONFIG = {} + \";$config\"\n\
         $merged = kubectl config view --flatten\n\
         $env:KUBECONFIG = $before\n\
         if ($merged -and $LASTEXITCODE -eq 0) {{\n\
         \x20 [IO.File]::WriteAllLines(\"$config.new\", [string[]]$merged)\n\
         \x20 Move-Item -Force \"$config.new\" $config\n\
         }}",
        powershell(file.as_str())
    )
}

/// Prints the user that the file authenticates, like [`whoami`], for Windows' command prompt. No test runs it.
pub fn whoami_cmd(file: &FileName) -> String {
    // A file name has no character that is special between double quotes.
    format!("kubectl --kubeconfig=\"{}\" auth whoami", file.as_str())
}

/// Merges the file like [`merge`], for Windows' command prompt, line by line. No test runs it: it keeps to the
/// documentation of [`for`](https://learn.microsoft.com/windows-server/administration/windows-commands/for), whose
/// `/f "delims=;"` reads the first of the files in `%KUBECONFIG%`.
pub fn merge_cmd(file: &FileName) -> String {
    format!(
        "set \"before=\"\n\
         if defined KUBECONFIG set \"before=%KUBECONFIG%\"\n\
         set \"config=%USERPROFILE%\\.kube\\config\"\n\
         if defined KUBECONFIG for /f \"delims=;\" %f in (\"%KUBECONFIG%\") do @set \"config=%f\"\n\
         if not exist \"%USERPROFILE%\\.kube\" mkdir \"%USERPROFILE%\\.kube\"\n\
         set \"KUBECONFIG={};%config%\"\n\
         kubectl config view --flatten > \"%config%.new\" && move /y \"%config%.new\" \"%config%\"\n\
         set \"KUBECONFIG=\"\n\
         if defined before set \"KUBECONFIG=%before%\"",
        file.as_str()
    )
}

/// Makes a role that reads pods in a namespace, as an example to begin with.
pub fn create_role(namespace: Option<&Namespace>) -> String {
    format!(
        "kubectl create role pod-reader --verb=get,list,watch --resource=pods --namespace={}",
        namespace_or_default(namespace)
    )
}

/// Binds that role to the user.
pub fn bind_user(subject: &Subject, namespace: Option<&Namespace>) -> String {
    bind(&format!("pod-reader-{}", ObjectName::prefix(subject.user())), "user", subject.user(), namespace)
}

/// Binds that role to each group, one line each.
pub fn bind_groups(subject: &Subject, namespace: Option<&Namespace>) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, group) in subject.groups().iter().enumerate() {
        // Counted, since two groups may look the same once made safe.
        let name = format!("pod-reader-group-{}-{}", ObjectName::prefix(group), index + 1);
        lines.push(bind(&name, "group", group, namespace));
    }
    lines
}

/// Quotes a word that stands by itself: one that begins with a dash would be an option.
fn argument(word: &str) -> String {
    if word.starts_with('-') { format!("-- {}", posix(word)) } else { posix(word) }
}

fn bind(name: &str, kind: &str, who: &str, namespace: Option<&Namespace>) -> String {
    format!(
        "kubectl create rolebinding {name} --role=pod-reader {} --namespace={}",
        posix(&format!("--{kind}={who}")),
        namespace_or_default(namespace)
    )
}

fn namespace_or_default(namespace: Option<&Namespace>) -> &str {
    namespace.map_or("default", Namespace::as_str)
}

fn request_of(name: &ObjectName) -> String {
    format!("kubectl get csr {name} -o jsonpath='{{.spec.request}}' | base64 -d")
}

/// The most characters that openssl takes for a CN or an O (the upper bounds of RFC 5280, appendix A.1).
pub const MAX_OPENSSL_NAME_CHARACTERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_in_powershell_into_the_first_file_that_the_person_uses() {
        let text = merge_powershell(&FileName::parse("a b.kubeconfig").expect("a name"));
        assert!(text.contains("$env:KUBECONFIG = 'a b.kubeconfig' + \";$config\""), "{text}");
        assert!(text.contains("$before -split ';' | Where-Object { $_ } | Select-Object -First 1"), "{text}");
        let set = text.find("$env:KUBECONFIG = 'a b").expect("set");
        let restored = text.find("$env:KUBECONFIG = $before").expect("restored");
        assert!(set < restored, "{text}");
    }

    #[test]
    fn merges_in_the_command_prompt_into_the_first_file_that_the_person_uses() {
        let text = merge_cmd(&FileName::parse("a b.kubeconfig").expect("a name"));
        assert!(text.contains(r#"for /f "delims=;" %f in ("%KUBECONFIG%") do @set "config=%f""#), "{text}");
        assert!(text.contains(r#"set "KUBECONFIG=a b.kubeconfig;%config%""#), "{text}");
        // The old file is replaced only if kubectl could read both, and the variable is as it was.
        assert!(text.contains(r#"> "%config%.new" && move /y "%config%.new" "%config%""#), "{text}");
        // At a prompt, a variable that is not set stands for its own name.
        assert!(text.starts_with("set \"before=\"\nif defined KUBECONFIG set \"before=%KUBECONFIG%\"\n"), "{text}");
        assert!(text.ends_with("set \"KUBECONFIG=\"\nif defined before set \"KUBECONFIG=%before%\""), "{text}");
    }

    #[test]
    fn uses_no_option_that_libressl_lacks() {
        assert!(!print_certificate().contains("-ext"));
    }
}
