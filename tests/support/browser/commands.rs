use fantoccini::{error::CmdError, wd::WebDriverCompatibleCommand};
use serde_json::{Value, json};

use super::{Browser, Kind};

impl Browser {
    /// Runs the body of a function in the page, and returns what it returns; `arguments` are its arguments.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}\nfailed with: {error}"))
    }

    /// Runs the body of an async function in the page, and returns what it resolves to.
    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];\n\
             (async function () {{ {script} }}).apply(null, arguments)\
             .then(value => done({{ value }}), error => done({{ error: String(error && error.stack || error) }}));"
        );
        let answer = self.client.execute_async(&script, arguments).await;
        let answer = answer.unwrap_or_else(|error| panic!("{script}\nfailed with: {error}"));
        assert!(answer.get("error").is_none(), "{script}\nfailed with: {}", answer["error"]);
        answer["value"].clone()
    }

    /// Sends a command of the Chrome DevTools protocol.
    ///
    /// # Panics
    /// In Firefox, and where the command fails.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let answer = self.try_devtools(command, parameters).await;
        answer.unwrap_or_else(|error| panic!("{command} failed with: {error}"))
    }

    /// The same for a command that may fail.
    ///
    /// # Errors
    /// Those of the command.
    pub async fn try_devtools(&self, command: &str, parameters: Value) -> Result<Value, CmdError> {
        let body = json!({ "cmd": command, "params": parameters });
        self.client.issue_cmd(VendorCommand { path: "goog/cdp/execute", body }).await
    }

    /// Grants the origin of the open page a permission, as a person does who is asked for it.
    pub async fn grant(&self, permission: &str) {
        let body = json!({ "descriptor": { "name": permission }, "state": "granted" });
        let answer: Result<Value, CmdError> = self.client.issue_cmd(VendorCommand { path: "permissions", body }).await;
        answer.unwrap_or_else(|error| panic!("{permission} is not granted: {error}"));
    }

    /// Returns what the policy of the page refused, and scripts that ran though they must not have, since the page was
    /// opened: empty for a page that keeps its own rules.
    pub async fn violations(&self) -> Vec<String> {
        let found = self.run("return window.__violations || ['the page has no witness']", vec![]).await;
        let mut violations: Vec<String> = serde_json::from_value(found).expect("a list of texts");
        if self.options.kind == Kind::Chromium {
            violations.extend(self.console().await.into_iter().filter(|line| line.contains("Content Security Policy")));
        }
        violations
    }

    /// Returns the console's lines since the last call. Chromium only.
    pub async fn console(&self) -> Vec<String> {
        let command = VendorCommand { path: "se/log", body: json!({ "type": "browser" }) };
        let lines: Result<Value, CmdError> = self.client.issue_cmd(command).await;
        let lines = lines.expect("chromedriver keeps the console's log");
        lines.as_array().into_iter().flatten().map(|line| line["message"].to_string()).collect()
    }
}

/// A command that WebDriver itself does not define.
#[derive(Debug)]
struct VendorCommand {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for VendorCommand {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
