use std::io::{self, BufRead, IsTerminal, Write};

/// The terminal of a person, or a pipe of a program.
pub(super) struct Terminal {
    input: Box<dyn BufRead>,
    output: Box<dyn Write>,
    /// A person reads and answers.
    pub(super) is_interactive: bool,
    /// Standard output shows colours.
    pub(super) has_colour: bool,
}

impl Terminal {
    /// Opens standard input and output.
    pub(super) fn of_process() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            input: Box::new(io::BufReader::new(io::stdin())),
            output: Box::new(io::stdout()),
            is_interactive: is_terminal && io::stdin().is_terminal(),
            // Older consoles of Windows show the codes themselves.
            has_colour: is_terminal && !no_color && !is_dumb && !cfg!(windows),
        }
    }

    /// Makes one for a test, which answers and reads.
    #[cfg(test)]
    pub(super) fn new(answers: &'static str, output: impl Write + 'static) -> Self {
        let input = Box::new(answers.as_bytes());
        Self { input, output: Box::new(output), is_interactive: true, has_colour: false }
    }

    /// Prints a text, which ends in a line feed.
    pub(super) fn print(&mut self, text: &str) -> io::Result<()> {
        match self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush()) {
            // Who pipes into head has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            printed => printed,
        }
    }

    /// Prints a question, and returns the answer without its outer spaces, or `None` at the end of the input.
    pub(super) fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        self.print(question)?;
        let mut answer = String::new();
        if self.input.read_line(&mut answer)? == 0 {
            self.print("\n")?;
            return Ok(None);
        }
        Ok(Some(answer.trim().to_owned()))
    }
}
