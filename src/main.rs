//! Exit codes and nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    prompt_lint::cli::main()
}
