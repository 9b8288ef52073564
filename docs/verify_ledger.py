#!/usr/bin/env python3
"""Verify an exported ledger of 業務改革ナビ without the system, its database or any library.

    python3 verify_ledger.py ledger.jsonl [--anchor anchors.jsonl] [--json]

Needs Python 3.9 or newer and nothing else. Reads the export line by line and checks

* the chain: numbers without a gap, each row linked to the one before, each hash computed anew;
* the texts: their hashes as the rows state them, their words where the export has them, blanked
  ones only by a later row of 廃棄, which rests on the approval by another person than who asked;
* the anchors, where a file of them is given: no row rewritten, no end cut off;
* authority: whoever decided held the post, or stood in for it, by the rows up to then, was not on
  leave, and had not submitted the matter himself;
* decisions on paper: registered before as they were recorded, judged by the day of the paper, by
  two people of the secretariat of whom neither decided.

Exit 0: everything agrees. Exit 1: the first bad row is named. Exit 2: a file cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from datetime import datetime, timedelta, timezone

GENESIS = "0" * 64
CITY_TIME = timezone(timedelta(hours=9))
MEANWHILE = timedelta(minutes=1)  # a change recorded while an act was under way

FLAWS = {
    "UNREADABLE": "行を読めないか、この検証プログラムの知らない区分があります",
    "MISSING_ROW": "行が欠けているか、順序が違います",
    "BROKEN_LINK": "前の行とつながっていません",
    "ALTERED_ROW": "行の内容が変わっています",
    "ALTERED_TEXT": "本文が変わっているか、欠けているか、根拠なく消されています",
    "WRONG_ANCHOR": "控えと一致しません（作り直された疑い）",
    "CUT_TAIL": "控えより後ろの行がありません（末尾が切られた疑い）",
    "NO_AUTHORITY": "その職に就いていた、又は代理であったという行が、その前にありません",
    "WRONG_BASIS": "代決・代理の相手とされた人がその職に就いていないか、不在ではありません",
    "NOT_IN_FORCE": "休職・育休の間に判断しています",
    "NO_PAPER": "紙の決裁を登録した行が、その前にないか、判断の内容と合いません",
    "WRONG_DAY": "紙の決裁の日が、登録した日より後です",
    "ONE_PERSON": "紙の決裁を、決裁者でない事務局の2人が登録し、確認していません",
    "CONFLICT": "自ら提出した件を、自ら判断しています",
    "NO_APPROVAL": "本文の廃棄に、求めた者とは別の者の承認がありません",
}

BASES = {
    "OWN": ("APPOINTMENT",),
    "STANDING": ("APPOINTMENT",),
    "ACTING": ("APPOINTMENT",),
    "DEPUTY": ("DELEGATION",),
}
"""On what basis somebody acted -> the kinds of rows that may carry it."""

SUBMITTING = ("SUBMITTED", "RESUBMITTED")
NO_JUDGEMENT = (
    *SUBMITTING,
    "RECORDED",
    "PULLED_BACK",
    "WITHDRAWN",
    "SKIPPED",
    "CARRIED_OVER",
    "HALTED",
)
"""Acts that an author may do to the own matter."""

AROUND = ("REASSIGNED", "CLOSED")
"""Acts about a step that do not answer it."""

ASIDE = ("RESTRICTED", "UNRESTRICTED", "SKIPPED", "CARRIED_OVER", "REASSIGNED")
"""On record, but no answer at a step."""

ON_PAPER = ("ADOPTED", "ADOPTED_WITH_CONDITIONS", "NOT_ADOPTED", "SENT_BACK")
"""What a decision on paper may say."""

WITH_AN_ANSWER = ("SKIPPED", "CARRIED_OVER")
"""What the rules do in the act of an answer."""

ENDING = ("ADOPTED", "ADOPTED_WITH_CONDITIONS", "NOT_ADOPTED", "WITHDRAWN", "ABANDONED")
"""After these a run hears no more."""


class Broken(Exception):
    """The first row that does not agree."""

    def __init__(self, seq, flaw):
        super().__init__(seq, flaw)
        self.seq = seq
        self.flaw = flaw


def sha256_of(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def canonical(value):
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


class Organization:
    """Who holds which post, by the rows read so far."""

    def __init__(self):
        self.standing = {}
        self.of_post = {}
        self.of_person = {}
        self.replaced = []
        self.heirs = {}

    def read(self, seq, kind, payload, at):
        before = self.standing.pop(payload.get("supersedes"), None)
        if before is not None:
            self.of_post[before["post"]].discard(before["seq"])
            self.of_person[before["person"]].discard(before["seq"])
            self.replaced = [each for each in self.replaced if at <= each[1] + MEANWHILE]
            self.replaced.append((before, at))
        row = {
            "seq": seq,
            "kind": kind,
            "post": payload.get("post"),
            "person": payload["deputy" if kind == "DELEGATION" else "person"],
            "starts_on": payload["starts_on"],
            "ends_on": payload["ends_on"],
            "revoked_at": payload.get("revoked_at") or payload.get("ended_at"),
        }
        self.standing[seq] = row
        self.of_post.setdefault(row["post"], set()).add(seq)
        self.of_person.setdefault(row["person"], set()).add(seq)

    def succeed(self, seq, payload):
        """A closed post's work goes to its heir."""
        rows = self.heirs.setdefault(payload["post"], {})
        rows.pop(payload.get("supersedes"), None)
        rows[seq] = (payload["heir"], payload["starts_on"], payload["ends_on"])

    def seats(self, post, when):
        """The post, and what has its work since it was closed."""
        _at, day = when
        rows = self.heirs.get(post, {}).values()
        heirs = [heir for heir, since, until in rows if since <= day and (until or "9") > day]
        return {post, *heirs}

    def found(self, kinds, when, post=None, person=None):
        """Rows of these kinds that are in force, of a post or of a person.

        ``when``: the moment of the act, and the local day by which it is judged.
        """
        at, day = when
        seats = self.seats(post, when) if post is not None else ()
        if post is not None:
            rows = [self.standing[seq] for seat in seats for seq in self.of_post.get(seat, ())]
        else:
            rows = [self.standing[seq] for seq in self.of_person.get(person, ())]
        rows += [row for row, replaced_at in self.replaced if at <= replaced_at + MEANWHILE]
        return [
            row
            for row in rows
            if row["kind"] in kinds
            and (post is None or row["post"] in seats)
            and (person is None or row["person"] == person)
            and row["starts_on"] <= day
            and (row["ends_on"] is None or day < row["ends_on"])
            and (row["revoked_at"] is None or at < moment(row["revoked_at"]))
        ]


class Verifier:
    """One reading of an export, from its first line to its last."""

    def __init__(self, anchors):
        self.anchors = {(anchor["seq"], anchor["hash"]) for anchor in anchors}
        self.anchored = {anchor["seq"] for anchor in anchors}
        self.seq = 0
        self.hash = GENESIS
        self.blanked = {}
        self.disposed = 0
        self.asked = set()
        self.approved = {}
        self.decisions = 0
        self.organization = Organization()
        self.submitters = {}
        self.recused = {}
        self.moved = set()
        self.papers = {}
        self.used = (None, None)

    def read(self, lines):
        for line in lines:
            if line.strip():
                self.read_line(line)
        if self.blanked:
            raise Broken(min(seq for seq, _name in self.blanked), "ALTERED_TEXT")
        beyond = [seq for seq in self.anchored if seq > self.seq]
        if beyond:
            raise Broken(self.seq + 1, "CUT_TAIL")

    def read_line(self, line):
        try:
            row = json.loads(line)
            seq, kind, payload = row["seq"], row["kind"], row["payload"]
            at, texts = moment(row["recorded_at"]), row["texts"]
            found = (row["prev_hash"], row["hash"])
        except (ValueError, KeyError, TypeError):
            raise Broken(self.seq + 1, "UNREADABLE") from None
        self.link(seq, kind, payload, at, found)
        try:
            self.check_texts(seq, payload.get("texts", {}), texts, payload.get("project"))
            self.check_meaning(seq, kind, payload, at)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Broken(seq, "UNREADABLE") from None

    def link(self, seq, kind, payload, at, found):
        if seq != self.seq + 1:
            raise Broken(self.seq + 1, "MISSING_ROW")
        if found[0] != self.hash:
            raise Broken(seq, "BROKEN_LINK")
        spelled = at.astimezone(timezone.utc).isoformat(timespec="microseconds")
        if sha256_of(canonical([self.hash, seq, spelled, kind, payload])) != found[1]:
            raise Broken(seq, "ALTERED_ROW")
        self.seq, self.hash = seq, found[1]
        if seq in self.anchored and (seq, self.hash) not in self.anchors:
            raise Broken(seq, "WRONG_ANCHOR")

    def check_texts(self, seq, stated, texts, project):
        if stated.keys() != texts.keys():
            raise Broken(seq, "ALTERED_TEXT")
        for name, text in texts.items():
            if text["sha256"] != stated[name]:
                raise Broken(seq, "ALTERED_TEXT")
            if text["blanked"]:
                self.blanked[seq, name] = project
            elif "text" in text and sha256_of(text["text"]) != stated[name]:
                raise Broken(seq, "ALTERED_TEXT")

    def check_meaning(self, seq, kind, payload, at):
        if kind in ("DISPOSAL_ASKED", "DISPOSAL_APPROVED", "TEXT_DISPOSAL"):
            self.check_disposal(seq, kind, payload)
        elif kind == "SUCCESSION":
            self.organization.succeed(seq, payload)
        elif kind in ("APPOINTMENT", "DELEGATION", "SUSPENSION", "ABSENCE"):
            self.organization.read(seq, kind, payload, at)
        elif kind == "PAPER_RECORDED":
            self.papers[payload["paper"]] = (payload, at)
        elif kind in ("PAPER_REFUSED", "PAPER_LAPSED"):
            self.papers.pop(payload["paper"], None)
        elif kind == "DECISION":
            self.judge(seq, payload)

    def check_disposal(self, seq, kind, payload):
        if kind == "DISPOSAL_ASKED":
            self.asked.add((payload["disposal"], payload["project"], payload["by"]))
        elif kind == "DISPOSAL_APPROVED":
            self.approve(seq, payload)
        else:
            self.dispose(seq, payload)

    def approve(self, seq, payload):
        """An approval counts when somebody else asked for it before."""
        asker = payload["asked_by"]
        is_asked = (payload["disposal"], payload["project"], asker) in self.asked
        if is_asked and payload["by"] != asker:
            self.approved[seq] = payload["project"]

    def dispose(self, seq, payload):
        """Words are blanked on an approval before, and only those of its case."""
        case = self.approved.get(payload["ground"].get("approval"))
        words = [(payload["entry"], name) for name in payload["names"]]
        blanked = [each for each in words if each in self.blanked]
        if case is None or any(self.blanked[each] != case for each in blanked):
            raise Broken(seq, "NO_APPROVAL")
        for each in blanked:
            del self.blanked[each]
        self.disposed += len(blanked)

    def judge(self, seq, said):
        """Whoever decided held the post, or stood in for it, by the rows up to here."""
        at, post, person = moment(said["decided_at"]), said["post"], said["decided_by"]
        paper = said.get("paper")
        when = (at, paper["on"] if paper else day_of(at))
        organization = self.organization
        held = organization.found(BASES[said["basis"]], when, person=person)
        seats = organization.seats(post, when)
        mine = [row for row in held if row["post"] in seats]
        if said["outcome"] == "REASSIGNED":
            self.moved.add(said["run"])
        if said["basis"] == "ACTING" and mine and said["run"] not in self.moved:
            raise Broken(seq, "NO_AUTHORITY")
        if said["basis"] == "ACTING" and not mine:
            self.judge_standing_in(seq, said, when)
            mine = held
        if not mine:
            raise Broken(seq, "NO_AUTHORITY")
        if organization.found(("SUSPENSION",), when, person=person):
            raise Broken(seq, "NOT_IN_FORCE")
        if mine[0]["kind"] == "DELEGATION":
            self.judge_deputy(seq, said, when)
        if paper:
            self.judge_paper(seq, said, paper, at)
        self.judge_interest(seq, said)
        self.decisions += 1

    def judge_paper(self, seq, said, paper, at):
        """Registered before as it stands, and confirmed by somebody else; counted once."""
        is_answer = said["slot"] is not None and said["outcome"] not in ASIDE
        told = self.papers.get(paper["id"]) if is_answer else None
        act = (paper["id"], said["decided_at"], said["run"])
        if said["outcome"] in WITH_AN_ANSWER and self.used[0] == act:
            told = self.used[1]
        may_stand = not is_answer or (said["outcome"] in ON_PAPER and said["basis"] != "DEPUTY")
        if told is None or not may_stand:
            raise Broken(seq, "NO_PAPER")
        registered, registered_at = told
        stated = [paper[name] for name in ("on", "scan", "recorded_by", "recorded_as")]
        stated += [said[name] for name in ("decided_by", "post", "run")]
        names = ("on", "scan", "by", "as", "decided_by", "post", "run")
        if stated != [registered[name] for name in names]:
            raise Broken(seq, "NO_PAPER")
        words = ("slot", "outcome", "target", "revision_hash", "texts")
        if is_answer and [said[name] for name in words] != [registered[name] for name in words]:
            raise Broken(seq, "NO_PAPER")
        if paper["on"] > day_of(registered_at):
            raise Broken(seq, "WRONG_DAY")
        self.judge_keepers(seq, said, paper, registered_at, at)
        if is_answer:
            self.used = (act, self.papers.pop(paper["id"]))

    def judge_keepers(self, seq, said, paper, registered_at, at):
        """Two people, each in the seat at the time, of whom neither decided nor submitted."""
        keepers = (paper["recorded_by"], paper["confirmed_by"])
        if keepers[0] == keepers[1] or said["decided_by"] in keepers:
            raise Broken(seq, "ONE_PERSON")
        asked = (
            (paper["recorded_by"], paper["recorded_as"], registered_at),
            (paper["confirmed_by"], paper["confirmed_as"], at),
        )
        for person, seat, moment_of_act in asked:
            when = (moment_of_act, day_of(moment_of_act))
            held = self.organization.found(("APPOINTMENT",), when, person=person)
            seats = self.organization.seats(seat, when)
            away = self.organization.found(("SUSPENSION",), when, person=person)
            if away or not any(row["post"] in seats for row in held):
                raise Broken(seq, "ONE_PERSON")
        apart = self.submitters.get(said["run"], set()) | self.recused.get(said["run"], set())
        if not apart.isdisjoint(keepers):
            raise Broken(seq, "CONFLICT")

    def judge_interest(self, seq, said):
        """Nobody judges what they submitted, nor answers where they stepped aside."""
        run, person, outcome = said["run"], said["decided_by"], said["outcome"]
        submitters = self.submitters.setdefault(run, set())
        recused = self.recused.setdefault(run, set())
        is_answer = said["step_run"] is not None and outcome not in AROUND
        if outcome not in NO_JUDGEMENT and (
            person in submitters or (is_answer and person in recused)
        ):
            raise Broken(seq, "CONFLICT")
        if outcome in SUBMITTING:
            submitters.add(person)
        if outcome == "RECUSED":
            recused.add(person)
        for known in (self.submitters, self.recused):
            if not known[run] or outcome in ENDING:
                del known[run]

    def judge_standing_in(self, seq, said, when):
        """Who decides by the order of 代決: nobody of the seat is there."""
        for row in self.organization.found(("APPOINTMENT",), when, post=said["post"]):
            if not self.organization.found(("SUSPENSION", "ABSENCE"), when, person=row["person"]):
                raise Broken(seq, "WRONG_BASIS")
        self.judge_principal(seq, said, when)

    def judge_deputy(self, seq, said, when):
        """A deputy is on the staff, and stands for somebody who holds the post."""
        appointed = ("APPOINTMENT",)
        if not self.organization.found(appointed, when, person=said["decided_by"]):
            raise Broken(seq, "NO_AUTHORITY")
        self.judge_principal(seq, said, when)

    def judge_principal(self, seq, said, when):
        """Who is stood for holds the post."""
        holders = self.organization.found(("APPOINTMENT",), when, post=said["post"])
        people = {row["person"] for row in holders} or {None}
        if said["on_behalf_of"] not in people:
            raise Broken(seq, "WRONG_BASIS")


def day_of(at):
    """The local day of a moment."""
    return at.astimezone(CITY_TIME).date().isoformat()


def moment(text):
    return datetime.fromisoformat(text)


def read_anchors(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def main(arguments=None):
    parser = argparse.ArgumentParser(description="書き出した台帳を検証します。")
    parser.add_argument("ledger", help="書き出した台帳（JSON Lines）")
    parser.add_argument("--anchor", help="システムの外に保管した控え（JSON Lines）")
    parser.add_argument("--json", action="store_true", help="最後の行に結果をJSONで出力する")
    options = parser.parse_args(arguments)
    broken = None
    try:
        verifier = Verifier(read_anchors(options.anchor) if options.anchor else [])
        with open(options.ledger, encoding="utf-8") as lines:
            verifier.read(lines)
    except Broken as found:
        broken = found
    except (OSError, ValueError) as error:
        print(f"ファイルを読めません: {error}", file=sys.stderr)
        return 2
    report(verifier, broken, as_json=options.json)
    return 1 if broken else 0


def report(verifier, broken, as_json):
    if broken is None:
        print(
            f"台帳は正常です: {verifier.seq}行、権限を確かめた判断 {verifier.decisions}件、"
            f"廃棄済の本文 {verifier.disposed}件"
        )
        print(f"先頭の照合番号: {verifier.hash}")
    else:
        print(f"台帳 #{broken.seq} に異常があります: {FLAWS[broken.flaw]}（{broken.flaw}）")
    if as_json:
        result = {
            "ok": broken is None,
            "count": verifier.seq,
            "head_hash": verifier.hash,
            "derived": verifier.decisions,
            "disposed": verifier.disposed,
            "first_bad_seq": broken.seq if broken else None,
            "reason": broken.flaw if broken else None,
        }
        print(json.dumps(result))


if __name__ == "__main__":
    sys.exit(main())
