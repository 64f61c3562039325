-- drover: phase=contract
-- Profiles belong to their owner, a user, from here on: the supplier goes, and an owner is required of every row that is
-- written. Which supplier a profile had stays in marketplace_steps.supplier_of_profile.
CALL marketplace_steps.refuse_while_suppliers_lack_users();
CREATE TABLE marketplace_steps.supplier_of_profile AS
SELECT id AS supplier_profile_id, supplier_id FROM public.supplier_profiles WHERE supplier_id IS NOT NULL;
ALTER TABLE public.supplier_profiles
  DROP COLUMN supplier_id,
  ADD CONSTRAINT supplier_profiles_owner_user_id_required CHECK (owner_user_id IS NOT NULL) NOT VALID;
