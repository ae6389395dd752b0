//! The words of the field in each language that the theme speaks: headings of runbooks, and what begins a line of a step.

/// Words for the parts of a runbook. The headings are those of the field (runbooks.md, "What a good runbook holds") and
/// what public collections call the same.
pub(super) struct Vocabulary {
    /// Subtag of the language, as in BCP 47.
    language: &'static str,
    /// Headings whose ordered lists are steps, besides those for the way back.
    pub(super) steps: &'static [&'static str],
    /// What must hold before.
    pub(super) preconditions: &'static [&'static str],
    /// What is wrong for whom.
    pub(super) impact: &'static [&'static str],
    /// The way back.
    pub(super) rollback: &'static [&'static str],
    /// How to see that it worked.
    pub(super) verification: &'static [&'static str],
    /// Whom to call.
    pub(super) escalation: &'static [&'static str],
    pub(super) expect: &'static [&'static str],
    pub(super) if_not: &'static [&'static str],
    pub(super) undo: &'static [&'static str],
    pub(super) pause: &'static [&'static str],
    pub(super) decide_now: &'static [&'static str],
    pub(super) can_wait: &'static [&'static str],
}

/// The language that counts everywhere, and those that count besides it on a site in that language.
const ALL: [Vocabulary; 4] = [
    Vocabulary {
        language: "en",
        steps: &[
            "Diagnosis",
            "Steps",
            "Procedure",
            "Mitigation",
            "Remediation",
            "Resolution",
            "Recovery",
            "Workaround",
            "Checklist",
            "Playbook",
            "Runbook",
            "Actions",
            "Instructions",
        ],
        preconditions: &["Preconditions"],
        impact: &["Impact", "Meaning"],
        rollback: &["Rollback", "Roll back", "Rolling back", "Back out", "Undo"],
        verification: &["Verification", "Verify", "Validation", "Confirm"],
        escalation: &["Escalation", "Escalate", "Contacts"],
        expect: &["Expect", "Expected"],
        if_not: &["If not"],
        undo: &["Undo"],
        pause: &["Pause", "Pause point"],
        decide_now: &["Decide now"],
        can_wait: &["Can wait"],
    },
    Vocabulary {
        language: "de",
        steps: &[
            "Diagnose",
            "Schritte",
            "Ablauf",
            "Vorgehen",
            "Vorgehensweise",
            "Durchführung",
            "Maßnahmen",
            "Sofortmaßnahmen",
            "Behebung",
            "Lösung",
            "Wiederherstellung",
            "Checkliste",
            "Anleitung",
        ],
        preconditions: &["Voraussetzungen", "Vorbedingungen", "Vorbereitung"],
        impact: &["Auswirkung", "Auswirkungen", "Bedeutung"],
        rollback: &["Rückweg", "Zurückrollen", "Rückbau", "Rückgängig machen"],
        verification: &["Prüfung", "Überprüfung", "Kontrolle", "Verifikation"],
        escalation: &["Eskalation", "Ansprechpartner", "Kontakte", "Kontakt"],
        expect: &["Erwartet", "Erwartung", "Erwarte"],
        if_not: &["Wenn nicht", "Falls nicht", "Sonst"],
        undo: &["Rückgängig", "Zurück"],
        pause: &["Pause", "Haltepunkt"],
        decide_now: &["Jetzt entscheiden", "Sofort entscheiden"],
        can_wait: &["Kann warten"],
    },
    Vocabulary {
        language: "ja",
        steps: &[
            "手順",
            "対応",
            "対処",
            "対処法",
            "対応方法",
            "診断",
            "切り分け",
            "調査",
            "緩和",
            "復旧",
            "回避策",
            "作業",
            "チェックリスト",
        ],
        preconditions: &["前提条件", "事前条件", "事前準備"],
        impact: &["影響", "意味"],
        rollback: &["ロールバック", "切り戻し", "切戻し", "元に戻す"],
        verification: &["確認", "検証", "動作確認"],
        escalation: &["エスカレーション", "連絡先"],
        expect: &["期待", "期待値", "期待結果", "期待される結果"],
        if_not: &["そうでなければ", "そうでない場合", "異なる場合"],
        undo: &["元に戻す", "取り消し", "切り戻し"],
        pause: &["一時停止", "停止点"],
        decide_now: &["今決める", "今すぐ決める", "要判断"],
        can_wait: &["後でよい", "後回し可"],
    },
    Vocabulary {
        language: "ko",
        steps: &[
            "단계",
            "절차",
            "조치",
            "조치 방법",
            "대응",
            "진단",
            "완화",
            "해결",
            "해결 방법",
            "복구",
            "체크리스트",
            "점검표",
        ],
        preconditions: &["사전 조건", "전제 조건", "사전 준비"],
        impact: &["영향", "의미"],
        rollback: &["롤백", "되돌리기", "원복"],
        verification: &["확인", "검증"],
        escalation: &["에스컬레이션", "연락처"],
        expect: &["예상", "기대", "예상 결과", "기대 결과"],
        if_not: &["아니면", "그렇지 않으면"],
        undo: &["되돌리기", "취소", "원복"],
        pause: &["일시 정지", "일시정지", "멈춤"],
        decide_now: &["지금 결정"],
        can_wait: &["나중에", "나중에 가능"],
    },
];

/// The vocabularies that count on a site in `language`, a tag of BCP 47: English everywhere, because commands, alerts and
/// half of the runbooks are.
pub(super) fn of(language: &str) -> impl Iterator<Item = &'static Vocabulary> {
    let subtag = language.split('-').next().unwrap_or_default();
    ALL.iter()
        .filter(move |words| words.language == "en" || words.language.eq_ignore_ascii_case(subtag))
}
