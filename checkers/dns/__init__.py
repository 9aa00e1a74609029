"""Names in the domain name system: where they lead, who answers for them, what they permit.

``resolvers`` asks one question over ``wire``, ``records`` reads the answer, ``follow`` goes along
aliases; each of ``addresses``, ``authority``, ``issuers``, ``mail`` and ``services`` computes one
facet from answers alone; ``ranges`` knows which cloud an address belongs to. What is asked next
depends on what was answered, so a facet's questions are found by computing it while asking, and
its facts by computing it again over the recorded answers.
"""
