"""Reports: what logs say of policies, as tables, figures and one page. Pure."""
