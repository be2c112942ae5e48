//! The command line, its environment variables and the configuration file as one.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use clap::{ArgMatches, Command as ClapCommand, CommandFactory, FromArgMatches};

use kube_enroll_approve::Review;

use super::{
    file::{ConfigFile, Entry},
    flags::{Cli, Command, Serve},
    setting::Setting,
    sources::{Place, Sources},
};
use crate::start::StartError;

/// The command that the command line asks for.
#[derive(Debug)]
pub enum Loaded {
    /// `serve`, and where its settings come from.
    Serve(Box<Serve>, Sources),
    /// `review`, and the name under which the program was called.
    Review(Box<Review>, &'static str),
}

impl Cli {
    /// Parses the command line of this process, and the configuration file that it names. Flags override environment
    /// variables, these the file, and the file the defaults. Ends the process with clap's text where a flag cannot be
    /// used, as [`clap::Parser::parse`] does.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::ConfigTooLong`], [`StartError::ConfigFile`] for the file.
    pub fn load() -> Result<Loaded, StartError> {
        load_from(&std::env::args_os().collect::<Vec<_>>()).unwrap_or_else(|error| error.exit())
    }
}

/// Parses a command line. An error of a flag is the outer one, an error of the file the inner one.
pub(super) fn load_from(arguments: &[OsString]) -> Result<Result<Loaded, StartError>, clap::Error> {
    // All flags are judged before the file is read, so that it is the flags' own values that they are blamed for.
    let program = program(arguments);
    let command = Cli::command().bin_name(program);
    let (serve, matches) = match parse(command.clone(), arguments)? {
        (Command::Review(review), _) => return Ok(Ok(Loaded::Review(review, program))),
        (Command::Serve(serve), matches) => (serve, matches),
    };
    let Some(path) = &serve.config else {
        let sources = Sources::new(serve_command(&command), &matches, |_| None);
        return Ok(Ok(Loaded::Serve(serve, sources)));
    };
    let settings = match read(serve_command(&command), path) {
        Ok(settings) => settings,
        Err(error) => return Ok(Err(error)),
    };
    // The file's values are defaults of the flags: which of flag, variable and file holds is clap's rule.
    let with_file = command.clone().mut_subcommand(SERVE, |command| {
        settings.values().fold(command, |command, setting| {
            command.mut_arg(&setting.id, |flag| flag.default_values(setting.values.iter().cloned()))
        })
    });
    let (Command::Serve(serve), matches) = parse(with_file, arguments)? else {
        unreachable!("the same arguments name the same command");
    };
    let place = |key: &str| Some(settings.get(key)?.place.clone());
    Ok(Ok(Loaded::Serve(serve, Sources::new(serve_command(&command), &matches, place))))
}

/// Returns the name under which the program was called: kubectl runs `kubectl-kube_enroll` as `kubectl kube-enroll`
/// ([plugins](https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/)).
fn program(arguments: &[OsString]) -> &'static str {
    let called = arguments.first().and_then(|first| Path::new(first).file_stem());
    if called.is_some_and(|name| name == PLUGIN) { "kubectl kube-enroll" } else { "kube-enroll" }
}

/// A setting of the file.
struct InFile {
    /// The id of the flag.
    id: String,
    values: Vec<String>,
    place: Place,
}

/// Reads the file: the settings by their keys.
fn read(serve: &ClapCommand, path: &Path) -> Result<BTreeMap<String, InFile>, StartError> {
    let known = Setting::all(serve);
    let mut settings = BTreeMap::new();
    for Entry { key, value } in ConfigFile::read(path)?.0 {
        let unusable = |line, column, problem| StartError::ConfigFile { path: path.to_owned(), line, column, problem };
        let (line, column) = (key.referenced.line(), key.referenced.column());
        let Some(setting) = known.iter().find(|setting| setting.key == key.value) else {
            let problem = format!(
                "found the key {:?}, expected the name of a flag of serve in camel case, as maxStreams for --max-streams",
                key.value
            );
            return Err(unusable(line, column, problem));
        };
        let values = setting.parse(value).map_err(|found| unusable(found.line, found.column, found.problem))?;
        let id = setting.flag.get_id().to_string();
        settings.insert(key.value, InFile { id, values, place: format!("{}:{line}", path.display()) });
    }
    Ok(settings)
}

fn parse(command: ClapCommand, arguments: &[OsString]) -> Result<(Command, ArgMatches), clap::Error> {
    let mut matches = command.try_get_matches_from(arguments)?;
    let (_, of_command) = matches.subcommand().expect("clap demands a command");
    let of_command = of_command.clone();
    Ok((Cli::from_arg_matches_mut(&mut matches)?.command, of_command))
}

/// Returns the command whose flags are the settings.
pub(super) fn serve_command(command: &ClapCommand) -> &ClapCommand {
    command.find_subcommand(SERVE).expect("serve is a command of Cli")
}

const SERVE: &str = "serve";

/// The file name of a kubectl plugin: a dash of the command is an underscore there.
const PLUGIN: &str = "kubectl-kube_enroll";

#[cfg(test)]
mod tests;
