//! The root component: holds the machine by value, renders it, and executes its effects. It is a struct component,
//! since the state of a hook would be cloned, with the passphrases in it.

use yew::{Callback, Component, Context, Html};

use crate::{
    browser,
    effects::Effects,
    state::{Event, Machine, UserAction},
    view,
};

pub(crate) struct App {
    /// `None` only while an event is handled.
    machine: Option<Machine>,
    effects: Effects,
    /// Receives the person's actions. It is made once: a new one would render every component that uses it anew.
    dispatch: Callback<UserAction>,
    /// The state whose heading had the focus last, and whether its file was saved.
    focused: (&'static str, bool),
}

impl Component for App {
    type Message = Event;
    type Properties = ();

    fn create(context: &Context<Self>) -> Self {
        let machine = Machine::new(browser::environment(), browser::prefilled_form());
        let effects = Effects::new(context.link().callback(|event| event));
        context.link().send_message(Event::Started);
        let dispatch = context.link().callback(Event::User);
        Self { focused: focus_of(&machine), machine: Some(machine), effects, dispatch }
    }

    fn update(&mut self, _: &Context<Self>, event: Event) -> bool {
        let machine = self.machine.take().expect(HANDLES_ONE_EVENT);
        let (machine, effects) = machine.on(event, browser::inputs());
        effects.into_iter().for_each(|effect| self.effects.run(effect));
        self.effects.follow(&machine.state);
        self.machine = Some(machine);
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        view::page(self.machine(), &self.dispatch)
    }

    /// Moves the focus to the new heading, so that a screen reader follows, and at the start to the first field.
    fn rendered(&mut self, _: &Context<Self>, _first: bool) {
        let focus = focus_of(self.machine());
        let before = std::mem::replace(&mut self.focused, focus);
        if before.0 == "loading" && focus.0 == "editing" {
            let context = &self.machine().context;
            // On a phone, the keyboard would cover the page; and what is stored comes before the form.
            if !context.environment.is_phone && context.stored.is_empty() {
                browser::focus("input#user, #group-0, #create");
            }
        } else if before != focus {
            browser::focus("h1");
        }
    }
}

fn focus_of(machine: &Machine) -> (&'static str, bool) {
    (machine.state.name(), machine.state.has_saved_file())
}

impl App {
    fn machine(&self) -> &Machine {
        self.machine.as_ref().expect(HANDLES_ONE_EVENT)
    }
}

/// Yew handles one event of a component after the other, and renders it between them.
const HANDLES_ONE_EVENT: &str = "the machine is away only while an event is handled";
