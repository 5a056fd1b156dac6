//! `prompt-lint man`: the manual page, from the same source as `--help`.

use clap::CommandFactory;

use super::args::Cli;
use super::{CLEAN, Failure, Host};

pub fn man(command: Option<&str>, host: &mut Host<'_>) -> Result<u8, Failure> {
    let mut cli = Cli::command();
    cli.build();
    let page = match command {
        None => cli,
        Some(name) => {
            let Some(found) = cli.find_subcommand(name) else {
                return Err(Failure::usage(format!("there is no command `{name}`"), "`prompt-lint --help` lists them"));
            };
            found.clone()
        }
    };
    clap_mangen::Man::new(page).render(host.stdout)?;
    Ok(CLEAN)
}
