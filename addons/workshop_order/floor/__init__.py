"""What happened on the floor: facts in, log rows and floor state out.

``facts`` is what a source (a bay, later a browser) says; ``fold`` judges it in memory
through the contract's interpreter and knows neither Odoo nor SQL; ``reader`` and
``writer`` speak SQL, by sets; ``record`` puts them together.
"""
