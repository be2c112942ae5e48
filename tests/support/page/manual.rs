//! The way without an API: files and texts that a person carries.

use std::path::Path;

use serde_json::json;

use super::Page;

impl Page<'_> {
    /// Pastes a text into a field, as a whole.
    pub async fn paste(&self, field: &str, text: &str) {
        let paste = "const [selector, text] = arguments; const field = document.querySelector(selector); \
                     field.focus(); field.value = text; \
                     field.dispatchEvent(new Event('input', { bubbles: true }));";
        self.wait_until_shown(field).await;
        self.browser.run(paste, vec![json!(field), json!(text)]).await;
    }

    /// Pastes a text in the certificate's place and has it checked.
    pub async fn bring(&self, text: &str) {
        self.paste("#pasted", text).await;
        self.click("#use-pasted").await;
    }

    /// Drops a file on the page, onto this element.
    ///
    /// # Panics
    /// Where the page does not say that it takes files: the browser would open it in the page's place.
    pub async fn drop_file(&self, onto: &str, name: &str, text: &str) {
        let drop = "const [selector, name, text] = arguments; const dataTransfer = new DataTransfer(); \
                    dataTransfer.items.add(new File([text], name)); \
                    const onto = document.querySelector(selector); \
                    const prevented = type => !onto.dispatchEvent(\
                        new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })); \
                    prevented('dragenter'); \
                    return [prevented('dragover'), prevented('drop')]";
        self.wait_until_shown(onto).await;
        let taken = self.browser.run(drop, vec![json!(onto), json!(name), json!(text)]).await;
        assert_eq!(taken, json!([true, true]), "{onto} takes what is dragged over it, and what is dropped");
    }

    /// Chooses a file of this machine.
    pub async fn choose_file(&self, field: &str, file: &Path) {
        let input = self.element(field).await.unwrap_or_else(|error| panic!("the page has no {field}: {error}"));
        input.send_keys(&file.display().to_string()).await.expect("a file input takes a path");
    }
}
