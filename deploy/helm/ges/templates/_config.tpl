{{- /* The configuration, which the nodes and the job that migrates read alike. */ -}}
{{- define "ges.toml" -}}
{{- $env := .Values.ges.configMap.env -}}
{{- $peers := .Values.ges.configMap.integrations -}}
[server]
listen = "0.0.0.0:{{ $env.server.internal_port }}"
public_listen = "0.0.0.0:{{ $env.server.external_port }}"
data_dir = "/var/lib/ges"
key_file = "/secrets-installation/installation.key"
internal_url = {{ $env.server.internal_url | default (printf "http://%s.%s.svc:%v" (include "ges.name" .) .Release.Namespace $env.server.internal_port) | quote }}
drain_seconds = {{ $env.server.drain_seconds }}
grace_seconds = {{ $env.server.grace_seconds }}

[store]
url = {{ include "ges.storeUrl" . | quote }}

[postgres]
password_file = "/secrets-infra/DB-PASSWORD"
{{- if and .Values.ges.secrets.ca (include "ges.yes" $peers.db.secure) }}

[postgres.tls]
ca_file = "/secrets-ca/ca.pem"
{{- end }}
{{- with $peers.redis }}
{{- if .host }}

[redis.connection]
nodes = ["{{ if include "ges.yes" .secure }}rediss{{ else }}redis{{ end }}://{{ .host }}:{{ .port }}"]
mode = "{{ if include "ges.yes" .cluster }}cluster{{ else }}standalone{{ end }}"
{{- if include "ges.yes" .password }}
password_file = "/secrets-infra/REDIS_CACHEKEY"
{{- end }}
{{- end }}
{{- end }}
{{- with $peers.vmcs }}
{{- if .ors_redis_location }}

[ors_stream]
key = {{ .redis_stream_name | quote }}
secret_file = "/secrets-ors/voice_redis_ors_stream"

[ors_stream.connection]
nodes = ["{{ if include "ges.yes" .redis_secure }}rediss{{ else }}redis{{ end }}://{{ .ors_redis_location }}"]
mode = "{{ if include "ges.yes" .redis_cluster_mode }}cluster{{ else }}standalone{{ end }}"
{{- end }}
{{- end }}

[auth]
mode = {{ $env.auth.mode | quote }}
{{- if eq $env.auth.mode "local" }}
file = "/secrets-installation/access.toml"
{{- else }}
{{- with $peers.gws }}

[auth.gauth]
url = {{ required "ges.configMap.integrations.gws.auth is missing: where people sign in, which env.auth.mode gws asks" .auth | quote }}
{{- if .public_auth }}
public_url = {{ .public_auth | quote }}
{{- end }}
client_id = { file = "/secrets-gws/AUTHENTICATION-CLIENT-ID" }
client_secret = { file = "/secrets-gws/AUTHENTICATION-CLIENT-SECRET" }
designer_clients = {{ .designer_clients | toJson }}

[auth.environment]
url = {{ required "ges.configMap.integrations.gws.env is missing: where contact centres are known, which env.auth.mode gws asks" .env | quote }}
{{- if .router_template }}
router_template = {{ .router_template | quote }}
{{- end }}
{{- if .orchestrator_template }}
orchestrator_template = {{ .orchestrator_template | quote }}
{{- end }}

[auth.configuration]
url = {{ required "ges.configMap.integrations.gws.conf is missing: where people's roles are known, which env.auth.mode gws asks" .conf | quote }}
{{- end }}
{{- end }}

[web]
internal_key = { file = "/secrets-installation/internal-key" }
public_url = {{ $env.web.public_url | quote }}
trusted_proxies = {{ include "ges.trustedProxies" . }}
{{- with $peers.gws }}
{{- if .stats }}

[statistics]
url = {{ .stats | quote }}
auth_url = {{ required "ges.configMap.integrations.gws.auth is missing: where statistics accounts sign in, which gws.stats asks" .auth | quote }}
client_id = { file = "/secrets-gws/AUTHENTICATION-CLIENT-ID" }
client_secret = { file = "/secrets-gws/AUTHENTICATION-CLIENT-SECRET" }
{{- end }}
{{- end }}

[fcm]
{{- with $peers.fcm.url }}
url = {{ . | quote }}
{{- end }}
{{- with $peers.fcm.token_url }}
token_url = {{ . | quote }}
{{- end }}

[recaptcha]
{{- with $peers.recaptcha.verify_url }}
verify_url = {{ . | quote }}
{{- end }}
{{- with $peers.recaptcha.enterprise_url }}
enterprise_url = {{ . | quote }}
{{- end }}

[webhooks]
allow_networks = {{ $peers.webhooks.allow_networks | toJson }}
allow_http = {{ if include "ges.yes" $peers.webhooks.allow_http }}true{{ else }}false{{ end }}

[egress]
https_proxy = {{ $peers.egress.https_proxy | quote }}
no_proxy = {{ $peers.egress.no_proxy | quote }}
{{- if .Values.ges.secrets.ca }}
ca_file = "/secrets-ca/ca.pem"
{{- end }}

[ors]
nodes = [{{ include "ges.nodes" $peers.ors.nodes }}]

[urs]
nodes = [{{ include "ges.nodes" $peers.urs.nodes }}]

[log]
level = {{ $env.log.level | lower | quote }}
max_line_bytes = {{ int $env.log.max_len }}
format = "json"
{{- end -}}

{{- /* The same with what the chart has no value for. TOML knows each section once. */ -}}
{{- define "ges.wholeToml" -}}
{{- $written := include "ges.toml" . -}}
{{- $headers := regexFindAll "(?m)^\\[[^\\]]+\\]" $written -1 -}}
{{- range regexFindAll "(?m)^\\s*\\[[^\\]]+\\]" .Values.ges.configMap.extra -1 -}}
{{- $header := . | trim | replace " " "" -}}
{{- if has $header $headers -}}
{{- fail (printf "ges.configMap.extra begins %s anew, which the chart writes by its own values: set its other keys over the environment, with ges.deployment.envFrom" $header) -}}
{{- end -}}
{{- end -}}
{{- $written -}}
{{- with .Values.ges.configMap.extra | trim }}

{{ . }}
{{- end -}}
{{- end -}}

{{- /* A text as a block below a key, without blanks in empty lines. */ -}}
{{- define "ges.block" -}}
{{ regexReplaceAll "(?m)^ +$" (. | trimSuffix "\n" | nindent 4) "" }}
{{- end -}}

{{- /* Yes and no are texts in the vendor's chart, and what YAML makes of them in others. */ -}}
{{- define "ges.yes" -}}
{{- if eq (toString .) "true" }}yes{{ end -}}
{{- end -}}

{{- define "ges.storeUrl" -}}
{{- with .Values.ges.configMap.integrations.db -}}
postgres://{{ include "ges.inUrl" .user }}@{{ required "ges.configMap.integrations.db.host is missing: the host of PostgreSQL, where everything is kept" .host }}:{{ .port }}/{{ include "ges.inUrl" .name }}?sslmode={{ if include "ges.yes" .secure }}require{{ else }}prefer{{ end }}
{{- end -}}
{{- end -}}

{{- /* A user of a hosted database may be called somebody@server. */ -}}
{{- define "ges.inUrl" -}}
{{- . | urlquery | replace "+" "%20" -}}
{{- end -}}

{{- /* Nodes of a neighbour: addresses, or tables with an address and a region. */ -}}
{{- define "ges.nodes" -}}
{{- range $i, $node := . -}}
{{- if $i }}, {{ end -}}
{ {{ if kindIs "string" $node }}url = {{ $node | quote }}
{{- else }}{{ $sep := "" }}{{ range $key := list "url" "region" "name" }}{{ with index $node $key }}{{ $sep }}{{ $key }} = {{ . | quote }}{{ $sep = ", " }}{{ end }}{{ end }}
{{- end }} }
{{- end -}}
{{- end -}}

{{- define "ges.trustedProxies" -}}
{{- $said := toString .Values.ges.configMap.env.web.trusted_proxies -}}
{{- if ne $said "" }}{{ $said }}{{ else if or .Values.ges.ingress.ingressint.enabled .Values.ges.ingress.ingressext.enabled }}1{{ else }}0{{ end -}}
{{- end -}}
