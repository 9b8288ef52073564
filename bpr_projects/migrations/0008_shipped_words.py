"""A city that was loaded before gets the plan's own words, where nobody has written others."""

from django.db import migrations

PRINCIPLES = [
    (
        "利用者のニーズから出発する",
        "利用者のニーズと考え方から出発する",
        "サービスデザイン・カスタマージャーニー",
    ),
    (
        "最初から最後までオンラインで完結する",
        "最初から最後までオンラインで完結する行政手続",
        "デジタルファーストかつエンドツーエンド",
    ),
    ("実行しながら改善を続ける", "実行しながら改善を続ける", "チャレンジ&アジャイル"),
    ("業務のあり方に課題意識を持つ", "市民サービス・業務のあり方に課題意識を持つ", ""),
    ("組織横断で効果を最大化する", "組織横断で取り組み効果を最大化する", ""),
    ("誰一人取り残さない", "誰一人取り残さない", ""),
]
"""As shipped, as printed, subtitle."""

QUESTIONS = [
    "利用者の立場で、本質的な課題を捉えていますか。",
    "受付から提供まで、一連の流れ全体で考えていますか。",
    "小さく試し、意見を踏まえて見直す進め方ですか。",
    "前例にとらわれず、真の課題を明らかにしていますか。",
    "ほかの課へ広げ、全体で効果を得られますか。",
    "デジタルを使えない方への手立てがありますか。",
]


def correct(apps, schema_editor):
    principles = apps.get_model("bpr_projects", "Principle").objects
    for shipped, printed, subtitle in PRINCIPLES:
        principles.filter(name=shipped).update(name=printed, subtitle=subtitle)
    principles.filter(question__in=QUESTIONS).update(is_unchecked=True)
    terms = apps.get_model("bpr_projects", "GlossaryTerm").objects
    terms.filter(source="決裁用語").update(is_unchecked=True)
    prices = apps.get_model("bpr_projects", "UnitPrice").objects
    prices.filter(basis="仮定値（事務局設定・要確認）").update(is_unchecked=True)


class Migration(migrations.Migration):
    dependencies = [("bpr_projects", "0007_plan_as_printed")]

    operations = [migrations.RunPython(correct, migrations.RunPython.noop)]
