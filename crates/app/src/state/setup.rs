use kube_enroll_protocol::Stage;

use super::{Acquiring, CertificateEnd, Context, Effect, Event, Generating, State, Storage, Transition, UserAction};

/// The form is filled in. Its fields are the [`Context`]'s, since they outlive this state.
#[derive(Debug, PartialEq)]
pub(crate) struct Setup {
    /// The button has been pressed, so that empty fields are faults.
    pub tried: bool,
    /// The page has just been opened: a single stored enrollment may be resumed without a click.
    pub may_resume: bool,
}

impl Setup {
    /// Shows the form of a page that was just opened, or resumes.
    pub(super) fn opened(context: &Context) -> Transition {
        Self { tried: false, may_resume: true }.resume(context)
    }

    pub(super) fn on(self, event: Event, context: &Context) -> Transition {
        match event {
            Event::User(UserAction::Create) => self.create(context),
            Event::User(UserAction::Resume(id)) => Acquiring::begin(id),
            _ => self.resume(context),
        }
    }

    /// Resumes a single stored enrollment, unless the person has edited the form.
    pub(super) fn resume(self, context: &Context) -> Transition {
        if self.tried || !self.may_resume || context.storage == Storage::Unknown {
            return Transition::to(State::Setup(self));
        }
        if !context.form.touched
            && let [stored] = &context.stored[..]
            && stored.fault.is_none()
            && stored.progress.stage.known() != Some(Stage::Saved)
            && !CertificateEnd::of(stored, context).is_some_and(CertificateEnd::has_passed)
        {
            return Acquiring::begin(stored.id.clone());
        }
        Transition::to(State::Setup(Self { may_resume: false, ..self }))
    }

    fn create(self, context: &Context) -> Transition {
        match context.form.parse(&context.policy) {
            Ok(application) => Generating::begin(Box::new(application), context),
            Err(faults) => {
                Transition::to(State::Setup(Self { tried: true, ..self })).with(Effect::Focus(faults.first_field()))
            }
        }
    }
}
