//! The log as a file for the office: CSV for anything, XLSX for Excel.
//!
//! Entries are read and written one after the other: a month of them never lies in memory, and the gate writes between two
//! readings. Document numbers cannot be in it, because no entry has one. What is text stays text: see [`harmless`] for CSV; in
//! XLSX each cell says of itself that it is a string.

mod harmless;
mod sheet;

use std::{
    error::Error,
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use shared::{sync::change::Places, time::Moment};

use self::sheet::{COLUMNS, Cell, Sheet};
use super::{page::Lines, private_file::PrivateFile};
use crate::{
    ports::EntryLog,
    ui::records::{ExportKind, Language, LogFilter},
};

/// What an export is made of, beside the entries.
#[derive(Debug)]
pub(super) struct Export<'a> {
    pub(super) folder: &'a Path,
    pub(super) filter: &'a LogFilter,
    pub(super) kind: ExportKind,
    pub(super) language: Language,
    pub(super) places: Option<&'a Places>,
    pub(super) now: Moment,
}

/// Where it lies, and how many entries are in it.
pub(super) fn write<L: EntryLog>(
    lines: &Lines<'_, L>,
    export: &Export<'_>,
) -> Result<(PathBuf, usize), ExportError<L::Error>> {
    let path = export.folder.join(export.file_name());
    let unwritable = |cause| ExportError::Unwritable { path: path.clone(), cause };
    let mut file = PrivateFile::create(&path).map_err(unwritable)?;
    let sheet = Sheet { language: export.language, places: export.places };
    let rows = lines.all(export.filter).map(|line| line.map(|line| sheet.row(&line)).map_err(ExportError::Log));
    let written = match export.kind {
        ExportKind::Csv => csv(&sheet, rows, file.file(), unwritable)?,
        ExportKind::Xlsx => xlsx(&sheet, rows, file.file(), export.folder)?,
    };
    file.finish().map_err(unwritable)?;
    Ok((path, written))
}

/// A folder of our own is made; one that was typed must be there, or a USB stick that is not plugged in would fill the disk
/// under its name.
pub(super) fn folder(chosen: Option<&Path>, data_dir: &Path) -> io::Result<PathBuf> {
    match chosen {
        Some(chosen) if chosen.is_dir() => Ok(chosen.to_owned()),
        Some(_) => Err(io::ErrorKind::NotFound.into()),
        None => {
            let own = own_folder(data_dir);
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(&own)?;
            Ok(own)
        }
    }
}

pub(super) fn own_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("exports")
}

/// `20261123-140307`: what stands in a file's name.
pub(super) fn stamp(now: Moment) -> String {
    now.campus_date_and_clock()
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

impl Export<'_> {
    fn file_name(&self) -> String {
        let LogFilter { from, to, .. } = self.filter;
        let ending = match self.kind {
            ExportKind::Csv => "csv",
            ExportKind::Xlsx => "xlsx",
        };
        format!("entries_{from}_{to}_{}.{ending}", stamp(self.now))
    }
}

/// Excel takes a file for UTF-8 only when it begins so.
const BOM: &[u8] = "\u{FEFF}".as_bytes();

type Row = [Cell; COLUMNS];

fn csv<E: Error>(
    sheet: &Sheet<'_>,
    rows: impl Iterator<Item = Result<Row, ExportError<E>>>,
    mut file: impl Write,
    unwritable: impl Fn(io::Error) -> ExportError<E>,
) -> Result<usize, ExportError<E>> {
    file.write_all(BOM).map_err(&unwritable)?;
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(BufWriter::new(file));
    let refused = |error: csv::Error| unwritable(error.into());
    writer.write_record(sheet.headings()).map_err(refused)?;
    let mut written = 0;
    for row in rows {
        let cells = row?.map(|cell| match cell {
            Cell::Text(text) => harmless::text(&text),
            Cell::Number(number) => number.to_string(),
        });
        writer.write_record(cells).map_err(refused)?;
        written += 1;
    }
    writer.flush().map_err(unwritable)?;
    Ok(written)
}

/// Excel takes no more rows than this, headings included.
const MOST_ROWS: u32 = 1_048_576;

/// Excel takes no longer text.
const MOST_CHARACTERS: usize = 32_767;

fn xlsx<E: Error>(
    sheet: &Sheet<'_>,
    rows: impl Iterator<Item = Result<Row, ExportError<E>>>,
    file: &mut fs::File,
    folder: &Path,
) -> Result<usize, ExportError<E>> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(folder)?;
    let worksheet = workbook.add_worksheet_with_constant_memory()?;
    worksheet.set_name(sheet.title())?;
    for (column, width) in (0..).zip(sheet.widths()) {
        worksheet.set_column_width(column, width)?;
    }
    worksheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (column, heading) in (0..).zip(sheet.headings()) {
        worksheet.write_string_with_format(0, column, heading, &bold)?;
    }
    let mut written = 0;
    for (number, row) in (1..MOST_ROWS).zip(rows) {
        xlsx_row(worksheet, number, row?)?;
        written += 1;
    }
    workbook.save_to_writer(file)?;
    Ok(written)
}

fn xlsx_row(worksheet: &mut Worksheet, number: u32, row: Row) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(row) {
        match cell {
            Cell::Text(text) => {
                let text: String = text.chars().take(MOST_CHARACTERS).collect();
                worksheet.write_string(number, column, text)?;
            }
            Cell::Number(number_in_it) => {
                worksheet.write_number(number, column, number_in_it)?;
            }
        }
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError<E: Error> {
    #[error("写不进去 {} cannot be written", path.display())]
    Unwritable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("记录读不出来 the log cannot be read")]
    Log(#[source] E),
    #[error("工作簿写不出来 the workbook cannot be written")]
    Workbook(#[from] XlsxError),
}
