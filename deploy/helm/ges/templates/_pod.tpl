{{- /* What the pods that serve and the one that migrates have in common: who they are, where they may run, what they read. */ -}}
{{- define "ges.pod" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
# Else every Service of the namespace is in the environment, which lies over the configuration.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .root.Values.ges.deployment.securityContext }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.ges.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.ges.deployment.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .root.Values.ges.deployment.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.ges.deployment.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Nothing of the container's may be written, nothing runs as root, nothing may become more than it is. */ -}}
{{- define "ges.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* Where the configuration and the secrets are read, each secret in a folder, each key a file. */ -}}
{{- define "ges.mounts" -}}
- name: config
  mountPath: /etc/ges
  readOnly: true
{{- range $name, $secret := include "ges.secrets" . | fromYaml }}
- name: {{ $name }}
  mountPath: /secrets-{{ $name }}
  readOnly: true
{{- end }}
- name: data
  mountPath: /var/lib/ges
{{- end -}}

{{- /* Files of secrets are root's, and read by the group, which is fsGroup's. */ -}}
{{- define "ges.volumes" -}}
- name: config
  configMap:
    name: {{ .config }}
{{- range $name, $secret := include "ges.secrets" .root | fromYaml }}
- name: {{ $name }}
  secret:
    secretName: {{ $secret | quote }}
    defaultMode: 0440
{{- end }}
# The store is PostgreSQL and keys come from secrets, so nothing is kept here.
- name: data
  emptyDir:
    sizeLimit: 64Mi
{{- end -}}

{{- /* The secrets that are read, by the folder. */ -}}
{{- define "ges.secrets" -}}
{{- with .Values.ges.secrets -}}
infra: {{ .infra | quote }}
installation: {{ .installation | quote }}
{{- if $.Values.ges.configMap.integrations.vmcs.ors_redis_location }}
ors: {{ .ors | quote }}
{{- end }}
{{- if include "ges.platform" $ }}
gws: {{ .gws | quote }}
{{- end }}
{{- if .ca }}
ca: {{ .ca | quote }}
{{- end }}
{{- end -}}
{{- end -}}
