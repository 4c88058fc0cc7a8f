"""Tools for ops repos: what objectives need, what is asked for, what is filed, what was measured.

What a person decides, approving or rejecting, is none of them: no agent approves its own request.
"""
