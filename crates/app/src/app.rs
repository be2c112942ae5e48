//! The one component: keeps the page's state, shows it, and has its effects carried out.

use yew::{Component, Context, Html};

use crate::{
    effects::{self, Effects},
    state::{Action, Page},
    view,
};

pub(crate) struct App {
    page: Page,
    effects: Effects,
    /// The state whose heading had the focus last.
    focused: &'static str,
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(context: &Context<Self>) -> Self {
        let page = Page::new(effects::place(), effects::prefilled_form());
        let effects = Effects::new(context.link().callback(|action| action));
        context.link().send_message(Action::Began);
        Self { focused: page.state.name(), page, effects }
    }

    fn update(&mut self, _: &Context<Self>, action: Action) -> bool {
        for effect in self.page.reduce(action, effects::around()) {
            self.effects.run(effect);
        }
        self.effects.follow(&self.page);
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        view::page(&self.page, &context.link().callback(Action::Did))
    }

    /// Moves the focus to the new heading, so that a screen reader follows.
    fn rendered(&mut self, _: &Context<Self>, _first: bool) {
        let name = self.page.state.name();
        let before = std::mem::replace(&mut self.focused, name);
        if before == name || name == "editing" && before == "loading" {
            return;
        }
        effects::focus("h1");
    }
}
