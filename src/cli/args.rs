//! The arguments of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Date;
use crate::model::prompt::Confidence;
use crate::report::Severity;

/// Finds what an application wastes on language models, before it is paid for.
///
/// Reads the prompts and the calls of a repository, says where they waste tokens and how much, and rewrites them. Nothing is
/// sent anywhere: no network, no model, no account.
#[derive(Parser, Debug)]
#[command(
    name = "prompt-lint",
    version,
    args_conflicts_with_subcommands = true,
    // Who runs it adds to the arguments of a hook or an action: the last word counts.
    args_override_self = true,
    group = clap::ArgGroup::new("fixing").multiple(true),
    after_help = "Exit code: 0 nothing at or above --fail-on, 1 findings (with --diff: something would change), 2 it could not do its job."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub check: Check,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// List every call of a model and every prompt: model, cap, tokens, cacheable prefix, price
    Inventory(Inventory),
    /// Explain a rule: what it costs, what to do, examples
    Explain {
        /// The id of a rule, such as `output/missing-cap`
        rule: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// List the rules
    Rules {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Test rules of one's own, or begin one
    Rule {
        #[command(subcommand)]
        command: RuleCommand,
    },
    /// List the facts that the conditions of rules read, with types and units; with PATH:LINE what they are for what stands there
    Facts {
        /// A line of code or of a prompt
        #[arg(value_name = "PATH:LINE")]
        place: Option<String>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Show what is known of a model or of an API, with its sources
    Catalogue {
        /// A model as code names it, or the id of an API; without it, all ids
        name: Option<String>,
        /// The day for which prices and announced changes are read [default: SOURCE_DATE_EPOCH, else the clock]
        #[arg(long, value_name = "YYYY-MM-DD")]
        today: Option<Date>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Write a config with what stands in the repository, never over another
    Init(Init),
    /// Print the JSON schema of the config or of a rule, for editors
    Schema {
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Print the completions of a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, as `man -l -` shows it
    Man {
        /// The page of a command
        command: Option<String>,
    },
}

impl Command {
    /// Whether nothing that it prints has colours or is a program.
    pub fn is_plain(&self) -> bool {
        !matches!(self, Command::Inventory(_) | Command::Completions { .. } | Command::Man { .. })
    }
}

#[derive(Args, Debug)]
pub struct Init {
    /// The folder that the config is for
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Do not write the schema that editors check the config with
    #[arg(long)]
    pub no_schema: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOf {
    /// prompt-lint.yaml
    Config,
    /// A rule of one's own
    Rule,
}

#[derive(Subcommand, Debug)]
pub enum RuleCommand {
    /// Run the examples of the rules in a folder: what is bad must be reported, what is good must not
    Test {
        /// A folder with rules in it, <category>/<name>.yaml
        folder: PathBuf,
        /// List the examples that are as they should be too
        #[arg(long)]
        verbose: bool,
    },
    /// Write the skeleton of a rule, which passes its own test
    New {
        /// The id of the rule, <category>/<name>: it names what is wrong
        id: String,
        /// The folder of rules to write it into
        #[arg(long, default_value = "prompt-rules", value_name = "FOLDER")]
        folder: PathBuf,
    },
}

/// Which config holds, and whose rules.
#[derive(Args, Debug)]
#[command(next_help_heading = "Config")]
pub struct ConfigArgs {
    /// Use this config for all files; its globs start from the working directory
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use no config
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
    /// Load the rules of a folder too (repeatable); one with the id of another rule takes its place
    #[arg(long, value_name = "FOLDER")]
    pub rules: Vec<PathBuf>,
}

/// What both the check and the inventory take.
#[derive(Args, Debug)]
pub struct Common {
    /// Files and folders to check; `-` reads standard input
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The name of the file whose text stands on standard input
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,
    /// Threads to work with [default: as many as the machine has]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Include test code and the code of others (tests, mocks, vendor, node_modules)
    #[arg(long, overrides_with = "exclude_tests", help_heading = "Selection")]
    pub include_tests: bool,
    /// Leave out test code also where a file of it is given by name, as a hook does
    #[arg(long, overrides_with = "include_tests", help_heading = "Selection")]
    pub exclude_tests: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The day for which prices and announced changes are read [default: SOURCE_DATE_EPOCH, else the clock]
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Config")]
    pub today: Option<Date>,
    /// Say what was skipped, and why
    #[arg(long, help_heading = "Output")]
    pub verbose: bool,
    /// Write the report to a file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = "Output")]
    pub color: Color,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Selection")]
pub struct SelectionArgs {
    /// Run only these rules or categories (repeatable, or separated by commas)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave out these rules or categories (repeatable, or separated by commas)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Run rules that are in preview too
    #[arg(long)]
    pub preview: bool,
    /// List findings of this severity and above; the others are counted
    #[arg(long, value_enum, default_value_t = MinSeverity::Warning, value_name = "SEVERITY")]
    pub min_severity: MinSeverity,
    /// List findings of this confidence and above; the others are counted
    #[arg(long, value_enum, default_value_t = MinConfidence::Medium, value_name = "CONFIDENCE")]
    pub min_confidence: MinConfidence,
    /// List findings that save so many input-equivalent tokens a request or more, and those of unknown saving; the others are counted
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "TOKENS")]
    pub min_saving: u64,
}

#[derive(Args, Debug)]
pub struct Check {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub adoption: Adoption,
    /// Exit with 1 if there is a finding of this severity or above
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "SEVERITY", help_heading = "Output")]
    pub fail_on: FailOn,
    /// Write safe fixes to the files
    #[arg(long, group = "fixing", help_heading = "Fixing")]
    pub fix: bool,
    /// Apply unsafe fixes too: they change words, limits, model or amount of context
    #[arg(long, requires = "fixing", help_heading = "Fixing")]
    pub unsafe_fixes: bool,
    /// Write fixes to files outside the given paths too
    #[arg(long, requires = "fixing", help_heading = "Fixing")]
    pub fix_outside: bool,
    /// Show what the fixes would change, and write nothing
    #[arg(long, group = "fixing", conflicts_with = "format", help_heading = "Fixing")]
    pub diff: bool,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT", help_heading = "Output")]
    pub format: Format,
    /// Print suppressed findings too, marked as such (SARIF only; GitHub's code scanning shows them as open)
    #[arg(long, conflicts_with = "diff", help_heading = "Output")]
    pub with_suppressed: bool,
    /// Count the findings of each rule in place of listing them
    #[arg(long, conflicts_with = "diff", help_heading = "Output")]
    pub statistics: bool,
}

/// What a repository with old findings needs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Adoption")]
pub struct Adoption {
    /// List only what a file has more of than this baseline holds (a count for each file and rule)
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found to the --baseline file; one that stands there already may only shrink
    #[arg(long, requires = "baseline", conflicts_with_all = ["fixing", "since", "stdin_filename"])]
    pub write_baseline: bool,
    /// Take out of the --baseline file what is no longer found
    #[arg(long, requires = "baseline", conflicts_with_all = ["fixing", "since", "stdin_filename", "write_baseline"])]
    pub prune_baseline: bool,
    /// List only findings whose owner (the call or prompt) changed since a git revision, or since HEAD left it
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
}

#[derive(Args, Debug)]
pub struct Inventory {
    #[command(flatten)]
    pub common: Common,
    /// Exit with 1 if there is a finding of this severity or above
    #[arg(long, value_enum, default_value_t = FailOn::Never, value_name = "SEVERITY", help_heading = "Output")]
    pub fail_on: FailOn,
    /// Say of each prompt by what it was taken for one, and of templates that are none why not
    #[arg(long, help_heading = "Output")]
    pub why: bool,
    /// Add a table of files: calls, prompts, tokens of text, budgets
    #[arg(long, help_heading = "Output")]
    pub files: bool,
    /// The form of the inventory
    #[arg(long, value_enum, default_value_t = InventoryFormat::Human, value_name = "FORMAT", help_heading = "Output")]
    pub format: InventoryFormat,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With the lines of source, costs and fixes
    Human,
    /// One line a finding
    Concise,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
    /// Code quality report of GitLab
    Gitlab,
    /// JUnit XML
    Junit,
    /// A comment for a pull request
    Markdown,
}

impl Format {
    /// Whether it is read by people, so that a last line of ours does no harm.
    pub fn is_text(self) -> bool {
        matches!(self, Format::Human | Format::Concise)
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum InventoryFormat {
    /// Tables
    Human,
    /// One JSON document
    Json,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinSeverity {
    Error,
    Warning,
    Info,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinConfidence {
    High,
    Medium,
    Low,
}

impl FailOn {
    /// The severity that fails the run; `None` if none does.
    pub fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Info => Some(Severity::Info),
            FailOn::Never => None,
        }
    }
}

impl From<MinSeverity> for Severity {
    fn from(severity: MinSeverity) -> Self {
        match severity {
            MinSeverity::Error => Severity::Error,
            MinSeverity::Warning => Severity::Warning,
            MinSeverity::Info => Severity::Info,
        }
    }
}

impl From<MinConfidence> for Confidence {
    fn from(confidence: MinConfidence) -> Self {
        match confidence {
            MinConfidence::High => Confidence::High,
            MinConfidence::Medium => Confidence::Medium,
            MinConfidence::Low => Confidence::Low,
        }
    }
}
