SELECT tenant, revision FROM catalogues WHERE tenant = ANY ($1::uuid[])
