"""An instance on AWS: RDS, S3, Secrets Manager, IAM, Route 53 and ACM, and its pods on EKS."""
