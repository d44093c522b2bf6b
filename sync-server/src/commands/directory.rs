//! `directory import`: the staff directory from a CSV file, all of it or nothing.
//!
//! Every bad line is named with its number and reason in one go, because the person who fixes the file has it open in a
//! spreadsheet and should not have to come back once per mistake.

use std::{
    collections::HashMap,
    fmt, fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use csv::{ReaderBuilder, StringRecord, Trim};
use shared::{
    identity::{PersonName, Phone},
    ids::StaffNumber,
};

use super::{Failure, Office};
use crate::{
    office::{Staff, staff::looks_cut_short},
    pages::in_chinese,
    store::{Imported, Missing},
};

pub(super) async fn import(office: &Office, path: &Path, yes: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let bytes = fs::read(path).map_err(|cause| BadFile::Io { path: path.to_owned(), cause })?;
    let staff = staff_in(&bytes)?;
    let Missing { before, missing, wecom_names, hall_names } = office.store.missing_from(&staff).await?;
    if !yes && looks_cut_short(before, missing) {
        return Err(Failure::CutShort { before, missing });
    }
    for (people, column) in [(wecom_names, "企业微信（wecom）"), (hall_names, "网办大厅（hall）")] {
        if !yes && people > 0 {
            return Err(Failure::NamesLost { column, people });
        }
    }
    let imported = office.store.import_directory(staff, office.now()).await?;
    let Imported { added, changed, unchanged, gone } = imported;
    writeln!(
        out,
        "新增 {added} 人，修改 {changed} 人，未变 {unchanged} 人，离开名录 {gone} 人（added, changed, unchanged, gone）"
    )?;
    Ok(())
}

/// What stands in the file, or everything that is wrong with it.
pub fn staff_in(bytes: &[u8]) -> Result<Vec<Staff>, BadFile> {
    if bytes.trim_ascii().is_empty() {
        return Err(BadFile::Nothing);
    }
    let text = text(bytes)?.as_bytes();
    let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(text);
    let columns = Columns::find(reader.headers().map_err(BadFile::Csv)?)?;
    let mut staff = Vec::new();
    let mut bad = Vec::new();
    let mut lines_by_number = HashMap::new();
    let mut lines_by_phone = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(BadFile::Csv)?;
        // As a spreadsheet leaves them below the last.
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = record.position().map_or(0, |position| line_of(position, text));
        match columns.staff(&record) {
            Ok(one) => {
                if let Some(first) = lines_by_number.insert(one.number.clone(), line) {
                    bad.push(BadLine {
                        line,
                        why: format!(
                            "工号 {} 在第 {first} 行已有。This number stands on line {first} already",
                            one.number
                        ),
                    });
                } else if let Some(first) = lines_by_phone.insert(one.phone.clone(), line) {
                    bad.push(BadLine {
                        line,
                        why: format!("手机号在第 {first} 行已有。This phone stands on line {first} already"),
                    });
                } else {
                    staff.push(one);
                }
            }
            Err(whys) => bad.extend(whys.into_iter().map(|why| BadLine { line, why })),
        }
    }
    if !bad.is_empty() {
        Err(BadFile::Lines(bad))
    } else if staff.is_empty() {
        Err(BadFile::Empty)
    } else {
        Ok(staff)
    }
}

/// Empty lines before a record count as its own.
fn line_of(position: &csv::Position, text: &[u8]) -> u64 {
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let before = text.iter().skip(from).take_while(|byte| byte.is_ascii_whitespace());
    position.line().saturating_add(before.filter(|&&byte| byte == b'\n').map(|_| 1).sum())
}

/// The file as text. Spreadsheets write a byte order mark before UTF-8, which is harmless, and other encodings, which are not.
fn text(bytes: &[u8]) -> Result<&str, BadFile> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(BadFile::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|fault| BadFile::NotUtf8 {
        line: bytes.iter().take(fault.valid_up_to()).filter(|&&byte| byte == b'\n').count() + 1,
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

/// Where each column stands; the order in the file is free.
struct Columns {
    number: usize,
    name: usize,
    department: usize,
    phone: usize,
    wecom: Option<usize>,
    hall: Option<usize>,
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Self, BadFile> {
        let optional = |names: [&str; 2]| header.iter().position(|cell| names.contains(&cell));
        let needed = |names @ [name, chinese]: [&'static str; 2]| {
            let found = || header.iter().collect::<Vec<_>>().join(",");
            optional(names).ok_or_else(|| BadFile::Column { name, chinese, found: found() })
        };
        Ok(Self {
            number: needed(["number", "工号"])?,
            name: needed(["name", "姓名"])?,
            department: needed(["department", "部门"])?,
            phone: needed(["phone", "手机"])?,
            wecom: optional(["wecom", "企业微信"]),
            hall: optional(["hall", "网办大厅"]),
        })
    }

    fn staff(&self, record: &StringRecord) -> Result<Staff, Vec<String>> {
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let optional = |column: Option<usize>| column.map(cell).filter(|text| !text.is_empty()).map(str::to_owned);
        let number = StaffNumber::parse(cell(self.number))
            .ok_or("工号应为 1 到 32 位字母或数字。A staff number is 1 to 32 letters and digits".to_owned());
        let name = PersonName::parse(cell(self.name))
            .map_err(|fault| format!("姓名：{}。Name: {fault}", in_chinese::name(fault)));
        let phone = Phone::parse(cell(self.phone))
            .map_err(|fault| format!("手机：{}。Phone: {fault}", in_chinese::phone(fault)));
        let department = match cell(self.department) {
            "" => Err("没有部门。No department".to_owned()),
            text if text.chars().count() > LONGEST_DEPARTMENT => Err(format!(
                "部门最多 {LONGEST_DEPARTMENT} 个字。A department has at most {LONGEST_DEPARTMENT} characters"
            )),
            text => Ok(text.to_owned()),
        };
        match (number, name, department, phone) {
            (Ok(number), Ok(name), Ok(department), Ok(phone)) => Ok(Staff {
                number,
                name,
                department,
                phone,
                wecom_id: optional(self.wecom),
                hall_id: optional(self.hall),
            }),
            (number, name, department, phone) => {
                Err([number.err(), name.err(), department.err(), phone.err()].into_iter().flatten().collect())
            }
        }
    }
}

/// What a guard's screen can show in one line.
const LONGEST_DEPARTMENT: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum BadFile {
    #[error("读不了 {}。It cannot be read", .path.display())]
    Io {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("文件是 UTF-16 编码，请另存为“CSV UTF-8（逗号分隔）”。The file is UTF-16; save it as \"CSV UTF-8\"")]
    Utf16,
    #[error(
        "第 {line} 行不是 UTF-8（可能是 GBK），请另存为“CSV UTF-8（逗号分隔）”。Not UTF-8; save the file as \"CSV UTF-8\""
    )]
    NotUtf8 { line: usize },
    #[error("第一行没有“{chinese}”（{name}）这一列，现在是：{found}。The first line names no such column")]
    Column { name: &'static str, chinese: &'static str, found: String },
    #[error("文件不是 CSV。The file is no CSV")]
    Csv(#[source] csv::Error),
    #[error("文件是空的。There is nothing in the file")]
    Nothing,
    #[error("文件除第一行外没有内容。The file has no lines below the first")]
    Empty,
    #[error("没有导入，请修改以下各行。Nothing was imported:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Lines(Vec<BadLine>),
}

#[derive(Debug, PartialEq, Eq)]
pub struct BadLine {
    pub line: u64,
    pub why: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  第 {} 行：{}", self.line, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "number,name,department,phone,wecom,hall\n";

    fn lines(body: &str) -> Vec<BadLine> {
        match staff_in(format!("{HEADER}{body}").as_bytes()) {
            Err(BadFile::Lines(lines)) => lines,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_file_is_read_whatever_the_order_and_the_mark() {
        let plain = "number,name,department,phone,wecom\nT001,张伟,计算机学院,13800130001,zhangwei\nT002,欧阳·娜娜,图书馆,138 0013 0002,\n";
        let chinese = "\u{FEFF}手机,部门,姓名,工号,企业微信\r\n13800130001,计算机学院,张伟,t001,zhangwei\r\n13800130002,图书馆,欧阳·娜娜,T002,\r\n";
        let (plain, chinese) = (staff_in(plain.as_bytes()).unwrap(), staff_in(chinese.as_bytes()).unwrap());
        assert_eq!(plain, chinese);
        assert_eq!(plain[0].wecom_id.as_deref(), Some("zhangwei"));
        assert_eq!(plain[1].wecom_id, None);
        assert_eq!(plain[1].phone.as_str(), "13800130002");
    }

    #[test]
    fn every_bad_line_is_named_at_once() {
        let bad = lines(
            "T001,张伟,计算机学院,13800130001\n\
             ,李娜,图书馆,13800130002\n\
             T003,,图书馆,123\n\
             T001,王芳,图书馆,13800130004\n\
             T005,赵磊,,13800130005\n\
             T006,钱多,后勤,13800130001\n",
        );
        let numbers: Vec<u64> = bad.iter().map(|bad| bad.line).collect();
        assert_eq!(numbers, [3, 4, 4, 5, 6, 7], "{bad:?}");
        assert!(bad[3].why.contains("line 2"), "{bad:?}");
        assert!(bad[5].why.contains("line 2"), "{bad:?}");
    }

    #[test]
    fn empty_lines_are_passed_over_and_counted() {
        let bad = lines("T001,张伟,计算机学院,13800130001\n\n\n,,,,,\nT002,李娜,图书馆,1\n,,,\n\n");
        assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [6], "{bad:?}");
    }

    #[test]
    fn other_encodings_get_a_remedy() {
        let gbk = [HEADER.as_bytes(), b"T001,\xD5\xC5\xCE\xB0,x,13800130001\n"].concat();
        let told = staff_in(&gbk).unwrap_err().to_string();
        assert!(told.contains("第 2 行") && told.contains("CSV UTF-8"), "{told}");
        assert!(matches!(staff_in(b"\xFF\xFEn\0u\0"), Err(BadFile::Utf16)));
    }

    #[test]
    fn a_file_without_the_columns_or_without_lines_is_refused() {
        assert!(matches!(staff_in(b"name,department,phone\n"), Err(BadFile::Column { name: "number", .. })));
        assert!(matches!(staff_in(b" \n"), Err(BadFile::Nothing)));
        assert!(matches!(staff_in(HEADER.as_bytes()), Err(BadFile::Empty)));
    }
}
