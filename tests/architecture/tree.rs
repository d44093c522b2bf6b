//! The workspace as it lies on disk: manifests, sources, and the names at the top level.
//!
//! A file that does not parse stops everything: a checker that skipped it would be green about code it never saw.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::manifests::Manifest;
use crate::source::Source;

pub(crate) struct Tree {
    pub(crate) workspace: Manifest,
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) sources: Vec<Source>,
    pub(crate) top_level: Vec<String>,
}

impl Tree {
    pub(crate) fn read() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().map_err(|cause| format!("{}: {cause}", root.display()))?;
        let mut files = Vec::new();
        find(&root, &mut files).map_err(|cause| format!("{}: {cause}", root.display()))?;
        files.sort();

        let workspace = Manifest::parse("Cargo.toml", &text_of(&root.join("Cargo.toml"))?)?;
        let mut manifests = Vec::new();
        for member in workspace.members() {
            let path = format!("{member}/Cargo.toml");
            manifests.push(Manifest::parse(&path, &text_of(&root.join(&path))?)?);
        }
        let mut sources = Vec::new();
        for file in files {
            let path =
                file.strip_prefix(&root).map_err(|cause| cause.to_string())?.to_string_lossy().replace('\\', "/");
            let source = Source::parse(&path, &text_of(&file)?)
                .map_err(|cause| format!("{path}:{}: does not parse: {cause}", cause.span().start().line))?;
            sources.push(source);
        }
        mark_test_files(&mut sources);
        let top_level = fs::read_dir(&root)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect())
            .map_err(|cause: io::Error| cause.to_string())?;
        Ok(Self { workspace, manifests, sources, top_level })
    }

    /// The sources of one package, by its name.
    pub(crate) fn crate_named(&self, name: &str) -> impl Iterator<Item = &Source> {
        let folder = self.manifests.iter().find(|manifest| manifest.name() == name).map(Manifest::folder);
        self.sources
            .iter()
            .filter(move |source| folder.is_some_and(|folder| source.path.starts_with(&format!("{folder}/"))))
    }
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.');
        if hidden || name == "target" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            find(&entry.path(), files)?;
        } else if entry.path().extension().is_some_and(|extension| extension == "rs") {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn text_of(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|cause| format!("{}: {cause}", file.display()))
}

fn mark_test_files(sources: &mut [Source]) {
    let declared: Vec<_> = sources
        .iter()
        .flat_map(|source| source.test_files_declared().map(|module| (source.krate.clone(), module)))
        .collect();
    for source in sources {
        source.only_tests =
            declared.iter().any(|(krate, module)| *krate == source.krate && source.module.starts_with(module));
    }
}

#[test]
fn a_file_declared_for_tests_only_is_known_as_such_with_all_below_it() {
    let parse = |path, text| Source::parse(path, text).unwrap();
    let mut sources = [
        parse("shared/src/pass/mod.rs", "mod seal; #[cfg(test)] mod stories;"),
        parse("shared/src/pass/seal.rs", ""),
        parse("shared/src/pass/stories.rs", ""),
        parse("shared/src/pass/stories/long.rs", ""),
        parse("sync-server/src/pass/stories.rs", ""),
    ];
    mark_test_files(&mut sources);
    assert_eq!(sources.map(|source| source.only_tests), [false, false, true, true, false]);
}
