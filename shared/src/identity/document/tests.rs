//! Numbers that are documents, and those that only look like it.

use proptest::prelude::*;

use super::*;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn today() -> NaiveDate {
    day(2026, 11, 22)
}

/// The check symbol by the recursive form of ISO 7064 MOD 11-2: no weights, so nothing is shared with the code
/// under test.
fn with_check_digit(seventeen: &str) -> String {
    let remainder = seventeen.chars().fold(0, |sum, digit| (sum + digit.to_digit(10).unwrap()) * 2 % 11);
    let symbol = match (12 - remainder) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap(),
    };
    format!("{seventeen}{symbol}")
}

fn parsed(kind: DocumentKind, typed: &str) -> Result<String, DocumentError> {
    Document::parse(kind, typed, today()).map(|document| document.number().to_owned())
}

#[test]
fn numbers_that_hold() {
    use DocumentKind::*;
    let hong_kong = with_check_digit("81000019900101001");
    let macao = with_check_digit("82000020000229002");
    let taiwan = with_check_digit("83000019851231003");
    let unknown_area = with_check_digit("99999919900101001");
    let born_today = with_check_digit("11010520261122001");
    let foreign = with_check_digit("91110000000000001");
    let table: &[(DocumentKind, &str, &str)] = &[
        (ResidentId, "11010519491231002X", "11010519491231002X"),
        (ResidentId, "11010519491231002x", "11010519491231002X"),
        (ResidentId, " 110105 19491231 002X ", "11010519491231002X"),
        (ResidentId, "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        (ResidentId, "１１０１０５\u{3000}１９４９１２３１００２ｘ", "11010519491231002X"),
        (ResidentId, "440524188001010014", "440524188001010014"),
        (ResidentId, &unknown_area, &unknown_area),
        (ResidentId, &born_today, &born_today),
        (HkMacaoResidence, &hong_kong, &hong_kong),
        (HkMacaoResidence, &macao, &macao),
        (HkMacaoResidence, &taiwan, &taiwan),
        (HkMacaoPermit, "H12345678", "H12345678"),
        (HkMacaoPermit, "m1234567801", "M1234567801"),
        (HkMacaoPermitNonChinese, "HA1234567", "HA1234567"),
        (HkMacaoPermitNonChinese, "ma1234567", "MA1234567"),
        (TaiwanPermit, "12345678", "12345678"),
        (TaiwanPermit, "1234567801", "1234567801"),
        (Passport, "e12345678", "E12345678"),
        (Passport, "AB123", "AB123"),
        (Passport, "Ａ１２３４５６７", "A1234567"),
        (ForeignPermanentResidence, &foreign, &foreign),
        (ForeignPermanentResidenceOld, "usa123456789012", "USA123456789012"),
    ];
    for (kind, typed, number) in table {
        assert_eq!(parsed(*kind, typed).as_deref(), Ok(*number), "{kind:?} {typed}");
    }
}

#[test]
fn numbers_that_do_not_hold_say_why() {
    use DocumentError::*;
    use DocumentKind::*;
    let no_leap_year = with_check_digit("11010520230229001");
    let no_leap_century = with_check_digit("11010519000229001");
    let month_13 = with_check_digit("11010519901301001");
    let tomorrow = with_check_digit("11010520261123001");
    let mainland_area = with_check_digit("11010519900101001");
    let below_the_area = with_check_digit("81000119900101001");
    let nine_without_check = with_check_digit("91110000000000001").replace("91110", "91120");
    let table: &[(DocumentKind, &str, DocumentError)] = &[
        (ResidentId, "", Empty),
        (ResidentId, " \u{3000}", Empty),
        (ResidentId, "110105194912310021", CheckDigit),
        (ResidentId, "1101051949123100", Length { allowed: &[18], found: 16 }),
        (ResidentId, "11010519491231002XX", Length { allowed: &[18], found: 19 }),
        (ResidentId, "11010519491231OO2X", Character { symbol: 'O', position: 15 }),
        (ResidentId, "X10105194912310021", Character { symbol: 'X', position: 1 }),
        (ResidentId, "1101051949123100二X", Character { symbol: '二', position: 17 }),
        (ResidentId, "1101051949123100٢X", Character { symbol: '٢', position: 17 }),
        (ResidentId, &no_leap_year, BirthDate),
        (ResidentId, &no_leap_century, BirthDate),
        (ResidentId, &month_13, BirthDate),
        (ResidentId, &tomorrow, BirthInFuture),
        (HkMacaoResidence, &mainland_area, Area),
        (HkMacaoResidence, &below_the_area, Area),
        (HkMacaoResidence, "810000199001010010", CheckDigit),
        (HkMacaoPermit, "A12345678", Character { symbol: 'A', position: 1 }),
        (HkMacaoPermit, "HA1234567", Character { symbol: 'A', position: 2 }),
        (HkMacaoPermit, "H123456780", Length { allowed: &[9, 11], found: 10 }),
        (HkMacaoPermitNonChinese, "H12345678", Character { symbol: '1', position: 2 }),
        (HkMacaoPermitNonChinese, "HA123456", Length { allowed: &[9], found: 8 }),
        (TaiwanPermit, "1234567", Length { allowed: &[8, 10], found: 7 }),
        (TaiwanPermit, "T2345678", Character { symbol: 'T', position: 1 }),
        (Passport, "E1234-678", Character { symbol: '-', position: 6 }),
        (Passport, "ÉA12345", Character { symbol: 'É', position: 1 }),
        (ForeignPermanentResidence, "11010519491231002X", Character { symbol: '1', position: 1 }),
        (ForeignPermanentResidence, &nine_without_check, CheckDigit),
        (ForeignPermanentResidenceOld, "US1123456789012", Character { symbol: '1', position: 3 }),
    ];
    for (kind, typed, error) in table {
        assert_eq!(parsed(*kind, typed).as_ref(), Err(error), "{kind:?} {typed}");
    }
    assert!(matches!(parsed(Passport, "ABC1"), Err(Length { found: 4, .. })));
    assert!(matches!(parsed(Passport, "ABCDEFGH12345678"), Err(Length { found: 16, .. })));
}

#[test]
fn names_and_codes_of_kinds_are_fixed() {
    use DocumentKind::*;
    let table = [
        (ResidentId, "resident_id", 1),
        (HkMacaoResidence, "hk_macao_taiwan_residence", 2),
        (HkMacaoPermit, "hk_macao_permit", 3),
        (HkMacaoPermitNonChinese, "hk_macao_permit_non_chinese", 4),
        (TaiwanPermit, "taiwan_permit", 5),
        (Passport, "passport", 6),
        (ForeignPermanentResidence, "foreign_permanent_residence", 7),
        (ForeignPermanentResidenceOld, "foreign_permanent_residence_old", 8),
    ];
    assert_eq!(table.map(|(kind, ..)| kind), DocumentKind::ALL);
    for (kind, name, code) in table {
        assert_eq!((kind.name(), kind.code()), (name, code));
        assert_eq!(DocumentKind::from_name(name), Some(kind));
        assert_eq!(DocumentKind::from_code(code), Some(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{name}\""));
        assert_eq!(serde_json::from_str::<DocumentKind>(&format!("\"{name}\"")).unwrap(), kind);
    }
    assert_eq!(DocumentKind::from_name("driving_licence"), None);
    assert_eq!(DocumentKind::from_code(0), None);
    assert_eq!(DocumentKind::from_code(9), None);
}

#[test]
fn masks_hide_at_least_half() {
    use DocumentKind::*;
    let table = [
        (ResidentId, "11010519491231002X", "1101**********002X", "002X"),
        (ForeignPermanentResidenceOld, "USA123456789012", "USA********9012", "9012"),
        (HkMacaoPermit, "M1234567801", "M******7801", "7801"),
        (HkMacaoPermit, "H12345678", "*****5678", "5678"),
        (TaiwanPermit, "12345678", "****5678", "5678"),
        (Passport, "AB12CD", "***2CD", "12**"),
        (Passport, "ABX23", "***23", "*X23"),
    ];
    for (kind, number, masked, last_four) in table {
        let document = Document::parse(kind, number, today()).unwrap();
        assert_eq!(document.masked(), masked);
        assert_eq!(document.last_four().to_string(), last_four);
        assert_eq!(format!("{document:?}"), format!("Document({} {masked})", kind.name()));
    }
}

#[test]
fn age_turns_on_the_birthday() {
    let leap = Document::parse(DocumentKind::ResidentId, &with_check_digit("11010520120229001"), today()).unwrap();
    assert_eq!(leap.birth_date(), Some(day(2012, 2, 29)));
    for (on, age) in [
        (day(2012, 2, 28), None),
        (day(2012, 2, 29), Some(0)),
        (day(2026, 2, 28), Some(13)),
        (day(2026, 3, 1), Some(14)),
        (day(2028, 2, 28), Some(15)),
        (day(2028, 2, 29), Some(16)),
    ] {
        assert_eq!(leap.age_on(on), age, "{on}");
    }
    let passport = Document::parse(DocumentKind::Passport, "E12345678", today()).unwrap();
    assert_eq!((passport.birth_date(), passport.age_on(today())), (None, None));
}

#[test]
fn what_is_stored_comes_back_checked() {
    let document = Document::parse(DocumentKind::ResidentId, "11010519491231002X", today()).unwrap();
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(json, r#""resident_id:11010519491231002X""#);
    assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);

    let stored = |text: &str| Document::try_from(text.to_owned()).map(String::from);
    assert_eq!(stored("11010519491231002X"), Err(StoredDocumentError::Kind));
    assert_eq!(stored("licence:11010519491231002X"), Err(StoredDocumentError::Kind));
    assert_eq!(stored("resident_id:110105194912310021"), Err(StoredDocumentError::Number(DocumentError::CheckDigit)));
    // Storage knows no day: only the door for what people type does.
    let unborn = format!("resident_id:{}", with_check_digit("11010529990101001"));
    assert_eq!(stored(&unborn), Ok(unborn.clone()));
}

fn any_kind() -> impl Strategy<Value = DocumentKind> {
    proptest::sample::select(DocumentKind::ALL.to_vec())
}

prop_compose! {
    fn resident_number()(area in 100_000..=999_999_u32, age_days in 0..50_000_i64, sequence in 0..=999_u32) -> String {
        let birth = today() - chrono::Duration::days(age_days);
        with_check_digit(&format!("{area}{}{sequence:03}", birth.format("%Y%m%d")))
    }
}

proptest! {
    #[test]
    fn made_numbers_hold(number in resident_number()) {
        let document = Document::parse(DocumentKind::ResidentId, &number, today()).unwrap();
        prop_assert_eq!(document.number(), &number);
        prop_assert!(document.age_on(today()).is_some());
        prop_assert_eq!(document.last_four().to_string(), &number[14..]);
    }

    #[test]
    fn one_wrong_symbol_is_refused(number in resident_number(), place in 0..18_usize, symbol in "[0-9X]") {
        prop_assume!(number[place..=place] != symbol);
        let wrong = format!("{}{symbol}{}", &number[..place], &number[place + 1..]);
        prop_assert!(Document::parse(DocumentKind::ResidentId, &wrong, today()).is_err());
        // Where the shape holds, the check digit alone finds it, without help from the calendar.
        if place == 17 || symbol != "X" {
            prop_assert_eq!(check_digit(&wrong), Err(DocumentError::CheckDigit));
        }
    }

    #[test]
    fn swapped_neighbours_are_refused(number in resident_number(), place in 0..17_usize) {
        let mut symbols: Vec<char> = number.chars().collect();
        symbols.swap(place, place + 1);
        let swapped = String::from_iter(symbols);
        prop_assume!(swapped != number);
        prop_assert!(Document::parse(DocumentKind::ResidentId, &swapped, today()).is_err());
    }

    #[test]
    fn no_text_panics(kind in any_kind(), typed: String, stored: String) {
        if let Ok(document) = Document::parse(kind, &typed, today()) {
            let again = Document::parse(kind, document.number(), today());
            prop_assert_eq!(again.as_ref(), Ok(&document));
        }
        drop(Document::try_from(stored.clone()));
        drop(Document::try_from(format!("{}:{stored}", kind.name())));
        if let Ok(last_four) = LastFour::parse(&stored) {
            prop_assert_eq!(last_four.to_string(), stored.clone());
        }
        prop_assert!(LastFour::from_bits(LastFour::of(&stored).bits()).is_some());
    }

    #[test]
    fn near_misses_neither_panic_nor_change_when_read_again(kind in any_kind(), typed in "[HMAhm9０-９0-9Xx ]{0,20}") {
        if let Ok(document) = Document::parse(kind, &typed, today()) {
            let hidden = document.masked().matches('*').count();
            prop_assert!(hidden * 2 >= document.number().len());
            let number = document.number();
            let logged = format!("{document:?}");
            prop_assert!(!logged.contains(number));
            prop_assert_eq!(Document::try_from(String::from(document.clone())), Ok(document));
        }
    }
}
