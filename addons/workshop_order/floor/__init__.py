"""What happened on the floor: facts in, log rows and floor state out.

``facts`` is what a source (a bay, a browser) says, ``state`` what the floor is before
and after; ``fold`` judges in memory through the contract's interpreter, with
``hindsight`` where a bay had an earlier board. They know neither Odoo nor SQL;
``reader`` and ``writer`` speak SQL, by sets; ``record`` puts them together.
"""
