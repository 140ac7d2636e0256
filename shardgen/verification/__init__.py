"""The proof that a target holds what its plan says, bit for bit, and that the story holds; it writes nothing.

``verifier`` asks four things: ``counts`` (plan, ledger and tables agree), ``laws`` (what must never be), ``shape``
(what should be typical), ``digests`` (every byte). What has no answer counts as not applicable, never as held. The
package is not called verify because the public function is.
"""
