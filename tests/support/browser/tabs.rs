use fantoccini::wd::WindowHandle;

use super::{Browser, Kind};

impl Browser {
    /// Opens a page in a tab of its own, which is then the one that everything is about, and returns the tab.
    pub async fn open_tab(&self, url: &str) -> WindowHandle {
        let tab = self.client.new_window(true).await.expect("the browser makes a tab").handle;
        self.switch_to(&tab).await;
        if self.options.kind == Kind::Chromium {
            self.watch_over_this_tab().await;
        }
        self.open(url).await;
        tab
    }

    /// Returns the tab that everything is about.
    pub async fn tab(&self) -> WindowHandle {
        self.client.window().await.expect("the browser has a tab")
    }

    /// Makes another tab the one that everything is about.
    pub async fn switch_to(&self, tab: &WindowHandle) {
        self.client.switch_to_window(tab.clone()).await.expect("the tab is there");
    }

    /// Closes the tab, and goes on with another one.
    pub async fn close_tab(&self, next: &WindowHandle) {
        self.client.close_window().await.expect("the tab can be closed");
        self.switch_to(next).await;
    }
}
